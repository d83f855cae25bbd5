-- The roles of the server, created by the administrator. No role is a superuser or has bypassrls, and login roles
-- inherit nothing. Every statement is skipped if it would change nothing, so that an administrator with fewer rights
-- than the first one can repeat it.
do $$
declare
  required record;
  clause text;
begin
  for required in
    select * from (values
      ('rowhouse_owner', false, false), ('rowhouse_migrator', true, true), ('rowhouse_platform', true, false),
      ('rowhouse_tenant', true, false), ('rowhouse_worker', true, false)
    ) as roles (name, login, createdb)
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = required.name) then
      execute format('create role %I with noinherit', required.name);
    end if;
    for clause in
      select attribute.clause
      from pg_catalog.pg_roles as r
      cross join lateral (values
        (r.rolsuper, 'nosuperuser'), (r.rolbypassrls, 'nobypassrls'), (r.rolreplication, 'noreplication'),
        (r.rolinherit, 'noinherit'), (r.rolcreaterole, 'nocreaterole'),
        (r.rolcanlogin <> required.login, case when required.login then 'login' else 'nologin' end),
        (r.rolcreatedb <> required.createdb, case when required.createdb then 'createdb' else 'nocreatedb' end)
      ) as attribute (differs, clause)
      where r.rolname = required.name and attribute.differs
    loop
      begin
        execute format('alter role %I with %s', required.name, clause);
      exception when insufficient_privilege then
        raise exception 'the role % must be %, and % may not change that', required.name, clause, current_user
          using errcode = '42501', detail = sqlerrm,
            hint = format('run as a superuser, or as an administrator who has the attribute and may administer the role: alter role %I with %s', required.name, clause);
      end;
    end loop;
  end loop;
end
$$;

do $$
declare
  found record;
begin
  for found in
    select m.roleid::regrole as granted, m.member::regrole as grantee, m.grantor::regrole as grantor
    from pg_catalog.pg_auth_members as m
    where m.member in (select oid from pg_catalog.pg_roles where rolname in ('rowhouse_owner', 'rowhouse_migrator', 'rowhouse_platform', 'rowhouse_tenant', 'rowhouse_worker'))
      and (m.member, m.roleid) is distinct from ('rowhouse_migrator'::regrole::oid, 'rowhouse_owner'::regrole::oid)
  loop
    execute format(
      case when current_setting('server_version_num')::int < 160000 then 'revoke %s from %s' else 'revoke %s from %s granted by %s' end,
      found.granted, found.grantee, found.grantor
    );
  end loop;
  if not pg_has_role('rowhouse_migrator', 'rowhouse_owner', 'member') then
    grant rowhouse_owner to rowhouse_migrator;
  end if;
end
$$;

-- An administrator who is no superuser becomes a member of every role, to act as the owner and to end sessions. From 16
-- on, the creator of a role may administer it but has none of its privileges.
do $$
declare
  names constant text[] := array['rowhouse_owner', 'rowhouse_migrator', 'rowhouse_platform', 'rowhouse_tenant', 'rowhouse_worker'];
  name text;
  hints text;
begin
  if (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
    return;
  end if;
  if current_setting('server_version_num')::int < 160000 then
    foreach name in array names loop
      if not pg_has_role(current_user, name, 'usage') then
        execute format('grant %I to %I', name, current_user);
      end if;
    end loop;
    return;
  end if;
  foreach name in array names loop
    if not pg_has_role(current_user, name, 'member with admin option') then
      -- also the dedicated roles, so that one administrator can grant all at once
      select string_agg(format('as %s, run: grant %s to %I with admin true, inherit true, set true', admins, roles, current_user), '; ' order by admins) into hints
      from (
        select admins, string_agg(format('%I', rolname), ', ' order by rolname) as roles
        from (
          select r.rolname, coalesce(string_agg(distinct m.member::regrole::text, ' or '), 'a superuser') as admins
          from pg_catalog.pg_roles as r
          left join pg_catalog.pg_auth_members as m on m.roleid = r.oid and m.admin_option
          where (r.rolname = any (names) or r.rolname ~ '^t_[0-9a-f]{32}$') and not pg_has_role(current_user, r.oid, 'member with admin option')
          group by r.rolname
        ) as missing
        group by admins
      ) as by_admin;
      raise exception '% may not administer the role %, which another administrator has created', current_user, name
        using errcode = '42501', hint = hints;
    end if;
    if not (pg_has_role(current_user, name, 'usage') and pg_has_role(current_user, name, 'set')) then
      execute format('grant %I to %I with inherit true, set true', name, current_user);
    end if;
  end loop;
end
$$;

-- A privilege that earlier builds granted.
do $$
begin
  if has_parameter_privilege('rowhouse_owner', 'session_replication_role', 'set')
    and (select rolsuper from pg_catalog.pg_roles where rolname = current_user)
  then
    revoke set on parameter session_replication_role from rowhouse_owner;
  end if;
end
$$;

-- Settings of the roles, the same as in login-settings.sql (a test compares them). With row_security off, a change of data that policies would silently reduce to no rows is an
-- error.
do $$
declare
  required record;
begin
  for required in
    select * from (values
      ('rowhouse_migrator', 'row_security', 'off'),
      ('rowhouse_platform', 'search_path', 'platform, pg_temp'),
      ('rowhouse_tenant', 'search_path', 'shared, pg_temp'),
      ('rowhouse_worker', 'search_path', 'shared, pg_temp'),
      ('rowhouse_tenant', 'statement_timeout', '15s'),
      ('rowhouse_tenant', 'idle_in_transaction_session_timeout', '10s'),
      ('rowhouse_platform', 'statement_timeout', '15s'),
      ('rowhouse_platform', 'idle_in_transaction_session_timeout', '10s'),
      ('rowhouse_tenant', 'client_connection_check_interval', '2s'),
      ('rowhouse_platform', 'client_connection_check_interval', '2s')
    ) as settings (name, setting, value)
    where not exists (
      select from pg_catalog.pg_db_role_setting as s
      where s.setrole = settings.name::regrole and s.setdatabase = 0 and settings.setting || '=' || settings.value = any (s.setconfig)
    )
  loop
    begin
      execute format(
        case required.setting when 'search_path' then 'alter role %I set %I = %s' else 'alter role %I set %I = %L' end,
        required.name, required.setting, required.value
      );
    exception when invalid_parameter_value then
      -- some operating systems cannot tell that the client of a running statement is gone
      if required.setting <> 'client_connection_check_interval' then
        raise;
      end if;
    end;
  end loop;
end
$$;
