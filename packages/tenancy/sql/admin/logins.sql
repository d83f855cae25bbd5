-- Dedicated roles of tenants. The administrator owns these functions, so that no other role needs the right to
-- create roles. The migrator may call them, and they only create or drop t_<32 hex digits of the tenant's id>.

-- The functions below act for an administrator, who has to be able to administer the dedicated roles in this database.
do $$
declare
  name text;
begin
  if (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
    return;
  end if;
  for name in
    select r.rolname from tenancy.tenant_homes as h join pg_catalog.pg_roles as r on r.rolname = h.login where h.login <> 'rowhouse_tenant'
  loop
    if current_setting('server_version_num')::int < 160000 then
      execute format('grant %I to %I', name, current_user);
    elsif pg_has_role(current_user, name, 'member with admin option') then
      execute format('grant %I to %I with inherit true, set true', name, current_user);
    else
      raise exception '% may not administer the role %, which another administrator has created', current_user, name
        using errcode = '42501',
          hint = format('as that administrator, or as a superuser, run: grant %I to %I with admin true, inherit true, set true', name, current_user);
    end if;
  end loop;
end
$$;

create or replace function tenancy.create_dedicated_role(p_tenant uuid, p_verifier text) returns text
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  role_name constant text := 't_' || replace(p_tenant::text, '-', '');
begin
  -- some providers accept plaintext passwords only: then it is a generated one of 256 bits in base64url
  if p_verifier !~ '^SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$' and p_verifier !~ '^[A-Za-z0-9_-]{43}$' then
    raise exception 'the password of a role must be a SCRAM-SHA-256 verifier or a generated password' using errcode = '22023';
  end if;
  if not exists (select from pg_roles where rolname = role_name) then
    execute format('create role %I', role_name);
  end if;
  execute format('alter role %I with login noinherit nocreatedb nocreaterole password %L', role_name, p_verifier);
  -- to drop what it owns and to end its sessions, which its creator may not do from 16 on
  if not (select rolsuper from pg_roles where rolname = current_user) then
    execute format('grant %I to %I', role_name, current_user)
      || case when current_setting('server_version_num')::int < 160000 then '' else ' with inherit true, set true' end;
  end if;
  execute format('alter role %I in database %I set search_path = %I, pg_temp', role_name, current_database(), role_name);
  execute format('alter role %I set statement_timeout = ''30s''', role_name);
  execute format('alter role %I set idle_in_transaction_session_timeout = ''10s''', role_name);
  begin
    execute format('alter role %I set client_connection_check_interval = ''2s''', role_name);
  exception when invalid_parameter_value then
    null; -- this operating system cannot tell that the client of a running statement is gone
  end;
  execute format('grant connect on database %I to %I', current_database(), role_name);
  return role_name;
end
$$;

-- For the database that the tenant leaves: ends the role's sessions, revokes its rights here and drops it if
-- no other database refers to it. A dedicated database is closed to all sessions, so that it can be dropped.
create or replace function tenancy.drop_dedicated_role(p_tenant uuid) returns boolean
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  role_name constant text := 't_' || replace(p_tenant::text, '-', '');
  session_pid integer;
begin
  if not exists (select from pg_roles where rolname = role_name) then
    return false;
  end if;
  execute format('alter role %I in database %I reset all', role_name, current_database());
  execute format('revoke all on database %I from %I', current_database(), role_name);
  if current_database() = role_name then
    execute format('revoke connect on database %I from rowhouse_worker', role_name);
  end if;
  -- Background workers have no user name. A superuser's session can be ended by superusers only.
  for session_pid in
    select a.pid from pg_stat_activity as a
    join pg_roles as r on r.rolname = a.usename
    where a.datname = current_database() and a.pid <> pg_backend_pid() and (a.usename = role_name or current_database() = role_name)
      and (not r.rolsuper or (select rolsuper from pg_roles where rolname = current_user))
  loop
    begin
      perform pg_terminate_backend(session_pid, 1000);
    exception when insufficient_privilege then
      raise warning 'session % in database % could not be ended: %', session_pid, current_database(), sqlerrm;
    end;
  end loop;
  -- drop owned would also revoke its right to connect to the tenant's next database
  if not exists (
    select from pg_shdepend as d
    where d.refclassid = 'pg_authid'::regclass and d.refobjid = (select oid from pg_roles where rolname = role_name)
      and d.dbid <> (select oid from pg_database where datname = current_database())
  ) then
    execute format('drop owned by %I', role_name);
  end if;
  if exists (select from pg_shdepend where refclassid = 'pg_authid'::regclass and refobjid = (select oid from pg_roles where rolname = role_name)) then
    return false;
  end if;
  execute format('drop role %I', role_name);
  return true;
end
$$;

-- Ends every session of a dedicated role. A new password alone does not end existing sessions.
create or replace function tenancy.end_sessions(p_tenant uuid) returns bigint
language sql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
  select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 't_' || replace(p_tenant::text, '-', '')
$$;

-- Lists the transactions that hold a tenant's lock, for a move that waits for them. Shows no queries. Does not call
-- tenancy.lock_key(), whose owner could replace it: functions here run with the administrator's privileges.
create or replace function tenancy.fence_holders(p_tenant uuid) returns table (pid integer, login text, application text, seconds double precision, doing text)
language sql stable strict security definer set search_path = pg_catalog, pg_temp
as $$
  select a.pid, a.usename::text, a.application_name, extract(epoch from clock_timestamp() - a.xact_start)::float8, a.state
  from pg_locks as l
  join pg_stat_activity as a on a.pid = l.pid
  where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.pid <> pg_backend_pid()
    and l.database = (select d.oid from pg_database as d where d.datname = current_database())
    and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(p_tenant::text, 7236115)
  order by a.xact_start
$$;

revoke execute on function tenancy.fence_holders(uuid) from public;
grant execute on function tenancy.fence_holders(uuid) to rowhouse_worker;

revoke execute on function tenancy.create_dedicated_role(uuid, text), tenancy.drop_dedicated_role(uuid), tenancy.end_sessions(uuid) from public;
grant execute on function tenancy.create_dedicated_role(uuid, text), tenancy.drop_dedicated_role(uuid), tenancy.end_sessions(uuid) to rowhouse_migrator;
