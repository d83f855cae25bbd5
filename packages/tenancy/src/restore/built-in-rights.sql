-- The statements that let our roles call the built-in functions that are revoked from the public. A dump contains both, but
-- only the revocation can be restored before the roles exist.
select format(
  'grant execute on function %s to rowhouse_owner, rowhouse_migrator, rowhouse_platform, rowhouse_worker',
  p.oid::regprocedure
) as statement
from pg_catalog.pg_proc as p
where p.pronamespace = 'pg_catalog'::regnamespace
  and p.proname ~ '^(set_config|pg_(try_)?advisory_.*|pg_(terminate|cancel)_backend)$'
  and exists (
    select from unnest(array['rowhouse_owner', 'rowhouse_migrator', 'rowhouse_platform', 'rowhouse_worker']) as r (name)
    where not has_function_privilege(r.name, p.oid, 'execute')
  )
