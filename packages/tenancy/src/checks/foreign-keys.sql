-- Foreign keys bypass row-level security: without tenant_id on both sides, or across schemas, a row can refer to another
-- tenant's row.
select format('%I.%I', n.nspname, c.relname) as object,
  format('foreign key %s %s', k.conname, case when f.relnamespace <> c.relnamespace then 'refers to another schema' else 'does not start with tenant_id' end) as why
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as c on c.oid = k.conrelid
join pg_catalog.pg_class as f on f.oid = k.confrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_attribute as here on here.attrelid = k.conrelid and here.attnum = k.conkey[1]
join pg_catalog.pg_attribute as there on there.attrelid = k.confrelid and there.attnum = k.confkey[1]
where k.contype = 'f'
  and (n.nspname = 'shared' or n.nspname ~ '^t_[0-9a-f]{32}$')
  and (f.relnamespace <> c.relnamespace or here.attname <> 'tenant_id' or there.attname <> 'tenant_id')
