-- What every role that can connect could use: temporary objects, and built-in functions that change settings or block other
-- sessions. A database with the profile `managed` accepts those functions: one note for each family of them.
with profile as (
  select exists (select from tenancy.installation where profile = 'managed') as managed
)
select format('database %I', d.datname) as object, format('%s is granted to public', lower(a.privilege_type)) as why, false as accepted
from pg_catalog.pg_database as d
cross join lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) as a
where d.datname = current_database() and a.grantee = 0
union all
select format('database %I', current_database()), format('%s may create temporary tables', r.rolname), false
from pg_catalog.pg_roles as r
where (r.rolname in ('rowhouse_tenant', 'rowhouse_platform') or r.rolname ~ '^t_[0-9a-f]{32}$')
  and has_database_privilege(r.oid, current_database(), 'temporary')
union all
select o.signature, 'public may call it', false
from tenancy.open_functions() as o, profile
where not profile.managed
union all
select o.family, format('public may call %s: %s', case count(*) when 1 then 'this function' else format('these %s functions', count(*)) end, o.consequence), true
from tenancy.open_functions() as o, profile
where profile.managed
group by o.family, o.consequence
