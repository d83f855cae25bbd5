-- The logins that run the tenants' SQL have no rights of their own on built-in objects. Setup revokes from the public what is
-- dangerous; here is what was granted to one of them.
with tenant_roles as (
  select r.oid, r.rolname
  from pg_catalog.pg_roles as r
  where r.rolname = 'rowhouse_tenant' or (r.rolname ~ '^t_[0-9a-f]{32}$' and has_database_privilege(r.oid, current_database(), 'connect'))
), app_roles as (
  select oid, rolname from tenant_roles
  union all
  select oid, rolname from pg_catalog.pg_roles where rolname in ('rowhouse_owner', 'rowhouse_migrator', 'rowhouse_platform', 'rowhouse_worker')
)
select p.oid::regprocedure::text as object, format('%s may call it', r.rolname) as why
from pg_catalog.pg_proc as p
cross join lateral aclexplode(p.proacl) as a
join tenant_roles as r on r.oid = a.grantee
where p.proacl is not null and p.pronamespace = 'pg_catalog'::regnamespace
union all
-- setup lets the app's own logins call what it revokes from the public, and nothing else
select p.oid::regprocedure::text, format('%s may call it', r.rolname)
from pg_catalog.pg_proc as p
cross join lateral aclexplode(p.proacl) as a
join app_roles as r on r.oid = a.grantee and r.oid not in (select oid from tenant_roles)
where p.proacl is not null and p.pronamespace = 'pg_catalog'::regnamespace
  and p.proname !~ '^(set_config|pg_(try_)?advisory_.*|pg_(terminate|cancel)_backend|lo_.*|loread|lowrite)$'
union all
select format('parameter %s', s.parname), format('%s is granted to %s', lower(a.privilege_type), case a.grantee when 0 then 'public' else r.rolname::text end)
from pg_catalog.pg_parameter_acl as s
cross join lateral aclexplode(s.paracl) as a
left join app_roles as r on r.oid = a.grantee
where a.grantee = 0 or r.oid is not null
union all
select format('%I.%I', n.nspname, c.relname), format('%s is granted to %s', lower(a.privilege_type), r.rolname)
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace and n.nspname in ('pg_catalog', 'information_schema')
cross join lateral aclexplode(c.relacl) as a
join app_roles as r on r.oid = a.grantee
where c.relacl is not null
union all
select format('language %I', l.lanname), format('%s may use it', case a.grantee when 0 then 'public' else r.rolname::text end)
from pg_catalog.pg_language as l
cross join lateral aclexplode(l.lanacl) as a
left join app_roles as r on r.oid = a.grantee
where not l.lanpltrusted and (a.grantee = 0 or r.oid is not null)
union all
select format('default privileges of %s', d.defaclrole::regrole),
  format('%s on new %s is granted to %s', lower(a.privilege_type),
    case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end,
    case a.grantee when 0 then 'public' else r.rolname::text end)
from pg_catalog.pg_default_acl as d
cross join lateral aclexplode(d.defaclacl) as a
left join app_roles as r on r.oid = a.grantee
where a.grantee <> d.defaclrole
  and not (coalesce(r.rolname = 'rowhouse_platform', false) and d.defaclnamespace = coalesce(to_regnamespace('platform')::oid, 0) and d.defaclnamespace <> 0)
  -- the public may use a new function or type unless that was revoked
  and (r.oid is not null or (a.grantee = 0 and d.defaclobjtype not in ('f', 'T')) or (a.grantee = 0 and d.defaclrole = 'rowhouse_owner'::regrole))
