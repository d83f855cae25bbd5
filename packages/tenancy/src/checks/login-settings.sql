-- A role may change its own settings (alter role … set), so injected SQL could change them for all later sessions.
select c.login as object, format('its setting %s differs from what setup sets; the worker restores it within a second, and so does setup', c.setting) as why
from tenancy.changed_login_settings(false) as c
union all
select r.rolname, format('it has the unexpected setting %s', given.setting)
from pg_catalog.pg_db_role_setting as s
join pg_catalog.pg_roles as r on r.oid = s.setrole
cross join lateral unnest(s.setconfig) as given (setting)
where r.rolname ~ '^t_[0-9a-f]{32}$' and has_database_privilege(r.oid, current_database(), 'connect')
  and s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
  and replace(replace(given.setting, '"', ''), ' ', '') not in (
    format('search_path=%s,pg_temp', r.rolname), 'statement_timeout=30s', 'idle_in_transaction_session_timeout=10s', 'client_connection_check_interval=2s'
  )
union all
select r.rolname, 'its setting search_path is missing in this database'
from pg_catalog.pg_roles as r
join tenancy.tenant_homes as h on h.login = r.rolname
where r.rolname ~ '^t_[0-9a-f]{32}$' and has_database_privilege(r.oid, current_database(), 'connect')
  and not exists (
    select from pg_catalog.pg_db_role_setting as s
    where s.setrole = r.oid and s.setdatabase = (select oid from pg_catalog.pg_database where datname = current_database())
      and exists (select from unnest(s.setconfig) as given (setting) where given.setting like 'search\_path=%')
  )
