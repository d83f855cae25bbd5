-- The administrator runs this in every database that holds tenants, and in the template of new ones. It skips what is in
-- place, and the functions that only a superuser can revoke: the doctor lists those.
do $$
declare
  required record;
begin
  if exists (
    select from pg_catalog.pg_database as d
    cross join lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) as a
    where d.datname = current_database() and a.grantee = 0
  ) then
    execute format('revoke all on database %I from public', current_database());
  end if;
  for required in
    select * from (values
      ('rowhouse_owner', 'create'), ('rowhouse_migrator', 'connect'), ('rowhouse_platform', 'connect'),
      ('rowhouse_tenant', 'connect'), ('rowhouse_worker', 'connect'), ('rowhouse_worker', 'temporary')
    ) as grants (name, privilege)
    where not has_database_privilege(grants.name, current_database(), grants.privilege)
  loop
    execute format('grant %s on database %I to %I', required.privilege, current_database(), required.name);
  end loop;
  if exists (
    select from pg_catalog.pg_namespace as n
    cross join lateral aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as a
    where n.nspname = 'public' and a.grantee = 0
  ) then
    revoke all on schema public from public;
  end if;
end
$$;

create schema if not exists tenancy authorization rowhouse_owner;

-- Functions that a dedicated role could use against other tenants if it ran arbitrary SQL.
do $$
declare
  target record;
begin
  for target in
    select p.oid::regprocedure::text as signature, p.proname
    from pg_catalog.pg_proc as p
    where p.pronamespace = 'pg_catalog'::regnamespace
      and (
        p.proname in ('set_config', 'pg_terminate_backend', 'pg_cancel_backend', 'lowrite', 'loread')
        or p.proname like 'pg\_advisory%'
        or p.proname like 'pg\_try\_advisory%'
        or p.proname like 'lo\_%'
      )
      and pg_has_role(current_user, p.proowner, 'usage')
  loop
    execute format('revoke execute on function %s from public', target.signature);
    if target.proname not like 'lo%' then
      execute format('grant execute on function %s to rowhouse_owner, rowhouse_migrator, rowhouse_platform, rowhouse_worker', target.signature);
    end if;
    -- every session lock is released before a connection returns to its pool
    if target.proname = 'pg_advisory_unlock_all' then
      execute format('grant execute on function %s to public', target.signature);
    end if;
  end loop;
end
$$;
