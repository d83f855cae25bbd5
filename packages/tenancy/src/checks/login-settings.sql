-- A role may change its own settings (alter role … set), so injected SQL could change them for all later sessions.
with expected (login, setting) as (
  values
    ('rowhouse_migrator', 'row_security=off'), ('rowhouse_platform', 'search_path=platform, pg_temp'),
    ('rowhouse_tenant', 'search_path=shared, pg_temp'), ('rowhouse_worker', 'search_path=shared, pg_temp')
)
select s.setrole::regrole::text as object, format('it has the unexpected setting %s', given.setting) as why
from pg_catalog.pg_db_role_setting as s
join pg_catalog.pg_roles as r on r.oid = s.setrole
cross join lateral unnest(s.setconfig) as given (setting)
where (r.rolname like 'rowhouse\_%' or (r.rolname ~ '^t_[0-9a-f]{32}$' and has_database_privilege(r.oid, current_database(), 'connect')))
  and s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
  and split_part(given.setting, '=', 1) not in ('statement_timeout', 'idle_in_transaction_session_timeout', 'lock_timeout', 'client_connection_check_interval')
  and not exists (select from expected as e where e.login = r.rolname and replace(replace(e.setting, '"', ''), ' ', '') = replace(replace(given.setting, '"', ''), ' ', ''))
  and not (r.rolname ~ '^t_' and replace(replace(given.setting, '"', ''), ' ', '') = format('search_path=%s,pg_temp', r.rolname))
union all
select e.login, format('the setting %s is missing', e.setting)
from expected as e
where not exists (
  select from pg_catalog.pg_db_role_setting as s
  cross join lateral unnest(s.setconfig) as given (setting)
  where s.setrole = (select oid from pg_catalog.pg_roles where rolname = e.login)
    and replace(replace(given.setting, '"', ''), ' ', '') = replace(replace(e.setting, '"', ''), ' ', '')
)
