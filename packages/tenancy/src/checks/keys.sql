-- A primary key or unique index that does not start with tenant_id reveals to one tenant which values another one has. Other
-- indexes start with it for performance.
select format('%I.%I', n.nspname, i.relname) as object,
  case when x.indisprimary then 'this primary key' when x.indisunique then 'this unique index' else 'this index' end || ' does not start with tenant_id' as why
from pg_catalog.pg_index as x
join pg_catalog.pg_class as i on i.oid = x.indexrelid
join pg_catalog.pg_class as c on c.oid = x.indrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = x.indkey[0]
where (n.nspname = 'shared' or n.nspname ~ '^t_[0-9a-f]{32}$')
  and a.attname is distinct from 'tenant_id'
union all
select format('%I.%I', n.nspname, c.relname), 'there is no primary key'
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where (n.nspname = 'shared' or n.nspname ~ '^t_[0-9a-f]{32}$')
  and c.relkind in ('r', 'p')
  and not exists (select from pg_catalog.pg_index as x where x.indrelid = c.oid and x.indisprimary)
