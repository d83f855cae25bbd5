-- Logins of tenants. Run and owned by the administrator, so that nobody else needs to be allowed to
-- create roles: the migrator may call these two, and they make or drop nothing but t_<32 hex of the
-- tenant's id>.

create or replace function tenancy.make_login(p_tenant uuid, p_verifier text) returns text
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  made constant text := 't_' || replace(p_tenant::text, '-', '');
begin
  if p_verifier !~ '^SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$' then
    raise exception 'the password of a login is given as a SCRAM-SHA-256 verifier' using errcode = '22023';
  end if;
  if not exists (select from pg_roles where rolname = made) then
    execute format('create role %I', made);
  end if;
  execute format('alter role %I with login noinherit nocreatedb nocreaterole password %L', made, p_verifier);
  execute format('alter role %I in database %I set search_path = %I, pg_temp', made, current_database(), made);
  execute format('alter role %I set statement_timeout = ''30s''', made);
  execute format('alter role %I set idle_in_transaction_session_timeout = ''10s''', made);
  execute format('grant connect on database %I to %I', current_database(), made);
  return made;
end
$$;

-- In the database that the tenant leaves: ends the login's connections, takes its rights here,
-- drops it when nothing else holds it. A database of its own is closed to everybody, so that it can
-- be dropped next.
create or replace function tenancy.drop_login(p_tenant uuid) returns boolean
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  gone constant text := 't_' || replace(p_tenant::text, '-', '');
begin
  if not exists (select from pg_roles where rolname = gone) then
    return false;
  end if;
  execute format('alter role %I in database %I reset all', gone, current_database());
  execute format('revoke all on database %I from %I', current_database(), gone);
  if current_database() = gone then
    execute format('revoke connect on database %I from rowhouse_worker', gone);
  end if;
  perform pg_terminate_backend(pid, 1000) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and (usename = gone or current_database() = gone);
  -- it would take the login's rights on every database, this tenant's next one included
  if not exists (
    select from pg_shdepend as d
    where d.refclassid = 'pg_authid'::regclass and d.refobjid = (select oid from pg_roles where rolname = gone)
      and d.dbid <> (select oid from pg_database where datname = current_database())
  ) then
    execute format('drop owned by %I', gone);
  end if;
  if exists (select from pg_shdepend where refclassid = 'pg_authid'::regclass and refobjid = (select oid from pg_roles where rolname = gone)) then
    return false;
  end if;
  execute format('drop role %I', gone);
  return true;
end
$$;

-- Ends every session of a tenant's login: a password that has changed lets nobody in, and those who
-- are in stay.
create or replace function tenancy.end_sessions(p_tenant uuid) returns bigint
language sql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
  select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 't_' || replace(p_tenant::text, '-', '')
$$;

-- Whose transactions keep a tenant's lock, for a move that waits for them. Names and times only.
create or replace function tenancy.fence_holders(p_tenant uuid) returns table (pid integer, login text, application text, seconds double precision, doing text)
language sql stable strict security definer set search_path = pg_catalog, pg_temp
as $$
  select a.pid, a.usename::text, a.application_name, extract(epoch from clock_timestamp() - a.xact_start)::float8, a.state
  from pg_locks as l
  join pg_stat_activity as a on a.pid = l.pid
  where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.pid <> pg_backend_pid()
    and l.database = (select d.oid from pg_database as d where d.datname = current_database())
    and (l.classid::bigint << 32) | l.objid::bigint = tenancy.lock_key(p_tenant)
  order by a.xact_start
$$;

revoke execute on function tenancy.fence_holders(uuid) from public;
grant execute on function tenancy.fence_holders(uuid) to rowhouse_worker;

revoke execute on function tenancy.make_login(uuid, text), tenancy.drop_login(uuid), tenancy.end_sessions(uuid) from public;
grant execute on function tenancy.make_login(uuid, text), tenancy.drop_login(uuid), tenancy.end_sessions(uuid) to rowhouse_migrator;
