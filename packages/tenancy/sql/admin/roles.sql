-- Cluster-wide roles, created by the administrator. No role is a superuser or has bypassrls, and login roles
-- inherit nothing.
do $$
declare
  required record;
begin
  for required in
    select * from (values
      ('rowhouse_owner', false), ('rowhouse_migrator', true), ('rowhouse_platform', true),
      ('rowhouse_tenant', true), ('rowhouse_worker', true)
    ) as roles (name, login)
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = required.name) then
      execute format('create role %I', required.name);
    end if;
    execute format(
      'alter role %I with %s noinherit nocreaterole %s noreplication',
      required.name,
      case when required.login then 'login' else 'nologin' end,
      case when required.name = 'rowhouse_migrator' then 'createdb' else 'nocreatedb' end
    );
    if (select rolsuper or rolbypassrls from pg_catalog.pg_roles where rolname = required.name) then
      execute format('alter role %I with nosuperuser nobypassrls', required.name);
    end if;
  end loop;
end
$$;

do $$
declare
  found record;
begin
  for found in
    select m.roleid::regrole as granted, m.member::regrole as grantee
    from pg_catalog.pg_auth_members as m
    where m.member in (select oid from pg_catalog.pg_roles where rolname like 'rowhouse\_%')
      and (m.member, m.roleid) is distinct from ('rowhouse_migrator'::regrole::oid, 'rowhouse_owner'::regrole::oid)
  loop
    execute format('revoke %s from %s', found.granted, found.grantee);
  end loop;
end
$$;

grant rowhouse_owner to rowhouse_migrator;

-- only for tenancy.enter_for_move(); no login role has it
do $$
begin
  if not has_parameter_privilege('rowhouse_owner', 'session_replication_role', 'set') then
    grant set on parameter session_replication_role to rowhouse_owner;
  end if;
end
$$;

-- a change of data that policies would silently reduce to no rows is an error
alter role rowhouse_migrator set row_security = off;
alter role rowhouse_platform set search_path = platform, pg_temp;
alter role rowhouse_tenant set search_path = shared, pg_temp;
alter role rowhouse_worker set search_path = shared, pg_temp;
alter role rowhouse_tenant set statement_timeout = '15s';
alter role rowhouse_tenant set idle_in_transaction_session_timeout = '10s';
alter role rowhouse_platform set statement_timeout = '15s';
alter role rowhouse_platform set idle_in_transaction_session_timeout = '10s';
