-- Logins of tenants. Run and owned by the administrator, so that nobody else needs to be allowed to create roles:
-- the migrator may call these two, and they make or drop nothing but t_<32 hex of the tenant's id>.

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

-- In the database that the tenant leaves: ends the login's connections, takes its rights here, drops it when nothing else holds it.
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
  perform pg_terminate_backend(pid) from pg_stat_activity where usename = gone and datname = current_database();
  execute format('drop owned by %I', gone);
  if exists (select from pg_shdepend where refclassid = 'pg_authid'::regclass and refobjid = (select oid from pg_roles where rolname = gone)) then
    return false;
  end if;
  execute format('drop role %I', gone);
  return true;
end
$$;

revoke execute on function tenancy.make_login(uuid, text), tenancy.drop_login(uuid) from public;
grant execute on function tenancy.make_login(uuid, text), tenancy.drop_login(uuid) to rowhouse_migrator;
