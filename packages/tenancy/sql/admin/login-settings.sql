-- Settings of our logins. PostgreSQL lets every role change its own (alter role … set), so SQL injected into a request of
-- one tenant could change them for the next connection of all that share the login.

-- Lists how the settings of our logins differ from those that setup gives them (see roles.sql), also in one database only.
-- With p_restore, it restores them: the worker does so every second, and setup whenever it runs. It calls no other
-- function of this schema, whose owner could replace it.
create or replace function tenancy.changed_login_settings(p_restore boolean) returns table (login text, setting text)
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  expected constant jsonb := '{
    "rowhouse_migrator": {"row_security": "off"},
    "rowhouse_platform": {
      "search_path": "platform, pg_temp", "statement_timeout": "15s", "idle_in_transaction_session_timeout": "10s",
      "client_connection_check_interval": "2s"
    },
    "rowhouse_tenant": {
      "search_path": "shared, pg_temp", "statement_timeout": "15s", "idle_in_transaction_session_timeout": "10s",
      "client_connection_check_interval": "2s"
    },
    "rowhouse_worker": {"search_path": "shared, pg_temp"}
  }';
  settings text[];
  target record;
begin
  for login in select jsonb_object_keys(expected) loop
    with found as (
      select given.setting as given, s.setdatabase = 0 as here
      from pg_db_role_setting as s
      cross join lateral unnest(s.setconfig) as given (setting)
      where s.setrole = login::regrole
    ), ours as (
      select e.key, e.key || '=' || e.value as given from jsonb_each_text(expected -> login) as e
    )
    select array_agg(d.given) into settings
    from (
      select f.given from found as f where not f.here or replace(f.given, '"', '') not in (select o.given from ours as o)
      union all
      select o.key || ' (missing)' from ours as o
      where o.key <> 'client_connection_check_interval' -- some operating systems do not support it
        and o.key not in (select split_part(f.given, '=', 1) from found as f where f.here)
    ) as d;
    continue when settings is null;
    return query select login, unnest(settings);
    continue when not p_restore;
    for target in
      select d.datname from pg_db_role_setting as s join pg_database as d on d.oid = s.setdatabase where s.setrole = login::regrole
    loop
      execute format('alter role %I in database %I reset all', login, target.datname);
    end loop;
    execute format('alter role %I reset all', login);
    for target in select e.key as name, e.value from jsonb_each_text(expected -> login) as e loop
      begin
        execute format(
          case target.name when 'search_path' then 'alter role %I set %I = %s' else 'alter role %I set %I = %L' end,
          login, target.name, target.value
        );
      exception when invalid_parameter_value then
        if target.name <> 'client_connection_check_interval' then
          raise;
        end if;
      end;
    end loop;
  end loop;
end
$$;

revoke execute on function tenancy.changed_login_settings(boolean) from public;
grant execute on function tenancy.changed_login_settings(boolean) to rowhouse_platform, rowhouse_worker;

do $$
begin
  perform tenancy.changed_login_settings(true);
end
$$;
