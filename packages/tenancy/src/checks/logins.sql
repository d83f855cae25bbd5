-- No login that may connect to this database can bypass a policy, use another role or create one.
select r.rolname as object, privilege.why
from pg_catalog.pg_roles as r
cross join lateral (
  select unnest(array_remove(array[
    case when r.rolsuper then 'it is a superuser' end,
    case when r.rolbypassrls then 'it has bypassrls' end,
    case when r.rolcreaterole then 'it may create roles' end,
    case when r.rolreplication then 'it may start replication' end,
    case when r.rolinherit and r.rolname <> 'rowhouse_owner' then 'it inherits privileges' end,
    case when r.rolcreatedb and r.rolname <> 'rowhouse_migrator' then 'it may create databases' end,
    case when r.rolcanlogin and r.rolname = 'rowhouse_owner' then 'it may log in' end
  ], null)) as why
) as privilege
where r.rolname in ('rowhouse_owner', 'rowhouse_migrator', 'rowhouse_platform', 'rowhouse_tenant', 'rowhouse_worker')
  or (r.rolname ~ '^t_[0-9a-f]{32}$' and has_database_privilege(r.oid, current_database(), 'connect'))
union all
select m.member::regrole::text, format('it is a member of %s', m.roleid::regrole)
from pg_catalog.pg_auth_members as m
join pg_catalog.pg_roles as r on r.oid = m.member
where (r.rolname in ('rowhouse_owner', 'rowhouse_platform', 'rowhouse_tenant', 'rowhouse_worker', 'rowhouse_migrator') or (r.rolname ~ '^t_[0-9a-f]{32}$' and has_database_privilege(r.oid, current_database(), 'connect')))
  and not (r.rolname = 'rowhouse_migrator' and m.roleid = 'rowhouse_owner'::regrole)
