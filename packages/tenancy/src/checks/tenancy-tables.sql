-- The signing key, the tenant homes, the ledgers and the registry: only the owner and the roles listed here have access.
with registry (table_name) as (
  values
    ('tenants'), ('suspensions'), ('servers'), ('placements'), ('rate_limits'), ('migration_runs'), ('migration_failures'),
    ('dedicated_databases'), ('data_steps'), ('moves'), ('move_events'), ('exports'), ('imports'), ('erasures'), ('holds'),
    ('retention_rules'), ('retention_runs'), ('tenant_limits'), ('usage'), ('check_runs'), ('tasks')
), allowed (table_name, caller, privilege) as (
  values
    ('tenant_homes', 'rowhouse_platform', 'SELECT'), ('tenant_homes', 'rowhouse_worker', 'SELECT'),
    ('applied_migrations', 'rowhouse_platform', 'SELECT'), ('applied_migrations', 'rowhouse_worker', 'SELECT'),
    ('installation', 'rowhouse_platform', 'SELECT'), ('installation', 'rowhouse_worker', 'SELECT'),
    ('failed_migrations', 'rowhouse_platform', 'SELECT'), ('audit', 'rowhouse_platform', 'SELECT'),
    -- policies limit these to one tenant at a time
    ('changed_keys', 'rowhouse_worker', 'SELECT'), ('changed_keys', 'rowhouse_worker', 'INSERT'), ('changed_keys', 'rowhouse_worker', 'DELETE'),
    ('copy_progress', 'rowhouse_worker', 'SELECT'), ('copy_progress', 'rowhouse_worker', 'INSERT'),
    ('copy_progress', 'rowhouse_worker', 'UPDATE'), ('copy_progress', 'rowhouse_worker', 'DELETE'),
    ('retention_progress', 'rowhouse_worker', 'SELECT'), ('retention_progress', 'rowhouse_worker', 'INSERT'),
    ('retention_progress', 'rowhouse_worker', 'UPDATE'), ('retention_progress', 'rowhouse_worker', 'DELETE')
  union all
  select r.table_name, 'rowhouse_platform', p.privilege
  from registry as r cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) as p (privilege)
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
