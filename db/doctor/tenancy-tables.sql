-- The signing key, the residents and the ledgers: nobody but their owner reads or writes them, except as listed.
with allowed (table_name, caller, privilege) as (
  values
    ('residents', 'rowhouse_platform', 'SELECT'), ('residents', 'rowhouse_worker', 'SELECT'),
    ('applied', 'rowhouse_platform', 'SELECT'), ('applied', 'rowhouse_worker', 'SELECT'), ('failures', 'rowhouse_platform', 'SELECT'),
    -- under policies: one tenant at a time
    ('changed_keys', 'rowhouse_worker', 'SELECT'), ('changed_keys', 'rowhouse_worker', 'DELETE'),
    ('arrivals', 'rowhouse_worker', 'SELECT'), ('arrivals', 'rowhouse_worker', 'INSERT'),
    ('arrivals', 'rowhouse_worker', 'UPDATE'), ('arrivals', 'rowhouse_worker', 'DELETE')
)
select format('tenancy.%I', c.relname) as object,
  format('%s is granted to %s', lower(a.privilege_type), case a.grantee when 0 then 'public' else a.grantee::regrole::text end) as why
from pg_catalog.pg_class as c
cross join lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) as a
where c.relnamespace = 'tenancy'::regnamespace
  and c.relkind in ('r', 'p', 'v', 'm')
  and a.grantee <> c.relowner
  and not exists (
    select from allowed as w
    where w.table_name = c.relname and w.privilege = a.privilege_type
      and w.caller = case a.grantee when 0 then 'public' else a.grantee::regrole::text end
  )
