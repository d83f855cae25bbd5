-- Whether the file hardening.sql or open-functions.sql would change something in this database.
select
  exists (
    select from pg_catalog.pg_database as d
    cross join lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) as a
    where d.datname = current_database() and a.grantee = 0
  )
  or exists (
    select from pg_catalog.pg_namespace as n
    cross join lateral aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as a
    where n.nspname = 'public' and a.grantee = 0
  )
  or exists (
    select from (values
      ('rowhouse_owner', 'create'), ('rowhouse_migrator', 'connect'), ('rowhouse_platform', 'connect'),
      ('rowhouse_tenant', 'connect'), ('rowhouse_worker', 'connect'), ('rowhouse_worker', 'temporary')
    ) as needed (name, privilege)
    where not has_database_privilege(needed.name, current_database(), needed.privilege)
      and not (needed.name in ('rowhouse_platform', 'rowhouse_tenant') and current_database() ~ '^t_[0-9a-f]{32}$')
  )
  or exists (
    select from pg_catalog.pg_proc as p
    where p.pronamespace = 'pg_catalog'::regnamespace and p.proname = 'set_config' and pg_has_role(current_user, p.proowner, 'usage')
      and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a where a.grantee = 0)
  ) as missing
