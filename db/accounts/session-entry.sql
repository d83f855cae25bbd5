-- The entry of people with a session.

-- Who stands behind a session in this tenant, and whether they may write. Raises TN401, TN403 or
-- TN423.
create or replace function tenancy.check_session(p_token text, p_tenant uuid, out user_id uuid, out session_id uuid, out role text, out writes boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  select s.user_id, s.id, m.role
  into user_id, session_id, role
  from platform.sessions as s
  left join platform.members as m on m.tenant_id = p_tenant and m.user_id = s.user_id
  where s.token_hash = sha256(convert_to(p_token, 'UTF8'))
    and s.expires_at > clock_timestamp()
    and not exists (select from platform.bans as b where b.user_id = s.user_id);
  if user_id is null then
    raise exception 'no valid session' using errcode = 'TN401';
  end if;
  if role is null then
    raise exception 'user % is no member of tenant %', user_id, p_tenant using errcode = 'TN403';
  end if;
  if tenancy.is_suspended(p_tenant) then
    raise exception 'tenant % is suspended', p_tenant using errcode = 'TN423';
  end if;
  writes := role <> 'viewer';
end
$$;

-- The same, and admits them on the shared login, where p_ms limits each of their statements.
create or replace function tenancy.enter_with_session(p_token text, p_tenant uuid, p_epoch bigint, p_ms integer, out user_id uuid, out role text)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  who record;
begin
  who := tenancy.check_session(p_token, p_tenant);
  user_id := who.user_id;
  role := who.role;
  perform tenancy.admit(p_tenant, p_epoch, p_ms, who.writes);
end
$$;

grant execute on function tenancy.check_session(text, uuid) to rowhouse_platform;
grant execute on function tenancy.enter_with_session(text, uuid, bigint, integer) to rowhouse_tenant;
