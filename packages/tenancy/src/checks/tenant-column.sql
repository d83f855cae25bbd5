-- Every tenant table has a tenant_id that is never null.
select format('%I.%I', n.nspname, c.relname) as object, 'there is no column tenant_id uuid not null' as why
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where (n.nspname = 'shared' or n.nspname ~ '^t_[0-9a-f]{32}$')
  and c.relkind in ('r', 'p')
  and not exists (
    select from pg_catalog.pg_attribute as a
    where a.attrelid = c.oid and a.attname = 'tenant_id' and a.atttypid = 'uuid'::regtype and a.attnotnull and not a.attisdropped
  )
