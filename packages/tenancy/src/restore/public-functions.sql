-- The statements that revoke the owner's functions from the public. Their creation does so by a default privilege, which a
-- restore without the roles does not have.
select format('revoke execute on routine %s from public', p.oid::regprocedure) as statement
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname in ('tenancy', 'platform', 'shared') and p.proowner = 'rowhouse_owner'::regrole
