-- Cluster-wide roles, made by the administrator. None is superuser, none has bypassrls, logins
-- inherit nothing.
do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('rowhouse_owner', false), ('rowhouse_migrator', true), ('rowhouse_platform', true),
      ('rowhouse_tenant', true), ('rowhouse_worker', true)
    ) as roles (name, login)
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
      execute format('create role %I', wanted.name);
    end if;
    execute format(
      'alter role %I with %s noinherit nocreaterole %s noreplication',
      wanted.name,
      case when wanted.login then 'login' else 'nologin' end,
      case when wanted.name = 'rowhouse_migrator' then 'createdb' else 'nocreatedb' end
    );
    if (select rolsuper or rolbypassrls from pg_catalog.pg_roles where rolname = wanted.name) then
      execute format('alter role %I with nosuperuser nobypassrls', wanted.name);
    end if;
  end loop;
end
$$;

do $$
declare
  found record;
begin
  for found in
    select m.roleid::regrole as given, m.member::regrole as holder
    from pg_catalog.pg_auth_members as m
    where m.member in (select oid from pg_catalog.pg_roles where rolname like 'rowhouse\_%')
      and (m.member, m.roleid) is distinct from ('rowhouse_migrator'::regrole::oid, 'rowhouse_owner'::regrole::oid)
  loop
    execute format('revoke %s from %s', found.given, found.holder);
  end loop;
end
$$;

grant rowhouse_owner to rowhouse_migrator;

-- for tenancy.enter_for_move() alone; no login has it
do $$
begin
  if not has_parameter_privilege('rowhouse_owner', 'session_replication_role', 'set') then
    grant set on parameter session_replication_role to rowhouse_owner;
  end if;
end
$$;

-- a data change that policies would silently narrow to no rows becomes an error
alter role rowhouse_migrator set row_security = off;
alter role rowhouse_platform set search_path = platform, pg_temp;
alter role rowhouse_tenant set search_path = shared, pg_temp;
alter role rowhouse_worker set search_path = shared, pg_temp;
alter role rowhouse_tenant set statement_timeout = '15s';
alter role rowhouse_tenant set idle_in_transaction_session_timeout = '10s';
alter role rowhouse_platform set statement_timeout = '15s';
alter role rowhouse_platform set idle_in_transaction_session_timeout = '10s';
