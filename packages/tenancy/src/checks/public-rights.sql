-- What every role that can connect could use: temporary objects, built-in functions that change settings or block other
-- sessions, extensions.
select format('database %I', d.datname) as object, format('%s is granted to public', lower(a.privilege_type)) as why
from pg_catalog.pg_database as d
cross join lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) as a
where d.datname = current_database() and a.grantee = 0
union all
select format('database %I', current_database()), format('%s may create temporary tables', r.rolname)
from pg_catalog.pg_roles as r
where (r.rolname in ('rowhouse_tenant', 'rowhouse_platform') or r.rolname ~ '^t_[0-9a-f]{32}$')
  and has_database_privilege(r.oid, current_database(), 'temporary')
union all
select p.oid::regprocedure::text, 'public may call it'
from pg_catalog.pg_proc as p
cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
where p.pronamespace = 'pg_catalog'::regnamespace
  and a.grantee = 0
  and p.proname <> 'pg_advisory_unlock_all'
  and (p.proname in ('set_config', 'pg_terminate_backend', 'pg_cancel_backend', 'lowrite', 'loread')
    or p.proname like 'pg\_advisory%' or p.proname like 'pg\_try\_advisory%' or p.proname like 'lo\_%')
union all
select extname, 'this extension is not on the list of allowed extensions'
from pg_catalog.pg_extension
where extname not in ('plpgsql', 'pg_stat_statements')
