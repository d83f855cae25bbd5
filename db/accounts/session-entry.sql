-- How users with a session enter a tenant.
-- A proof arrives as its hash, because a server may log the values of slow statements.

drop function if exists tenancy.enter_with_session(text, uuid, bigint, integer), tenancy.check_session(text, uuid); -- of earlier builds

-- Checks a session for this tenant and returns its user, their role, and whether they may write.
-- Raises TN401 (no valid session), TN403 (not a member) or TN423 (tenant suspended).
create or replace function tenancy.check_session(p_token_hash bytea, p_tenant uuid, out user_id uuid, out session_id uuid, out role text, out writes boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  select s.user_id, s.id, m.role, m.role <> 'viewer'
  into user_id, session_id, role, writes
  from platform.sessions as s
  left join platform.members as m on m.tenant_id = p_tenant and m.user_id = s.user_id
  where s.token_hash = p_token_hash
    and s.expires_at > clock_timestamp()
    and not exists (select from platform.bans as b where b.user_id = s.user_id);
  if user_id is null then
    raise exception 'no valid session' using errcode = 'TN401';
  end if;
  if role is null then
    raise exception 'user % is not a member of tenant %', user_id, p_tenant using errcode = 'TN403';
  end if;
  if tenancy.is_suspended(p_tenant) then
    raise exception 'tenant % is suspended', p_tenant using errcode = 'TN423';
  end if;
end
$$;

-- Checks a session and admits it on the shared login. p_ms is the timeout of each statement.
create or replace function tenancy.enter_with_session(p_token_hash bytea, p_tenant uuid, p_epoch bigint, p_ms integer, out user_id uuid, out role text)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller record;
begin
  caller := tenancy.check_session(p_token_hash, p_tenant);
  user_id := caller.user_id;
  role := caller.role;
  perform tenancy.admit(p_tenant, p_epoch, p_ms, caller.writes);
end
$$;

grant execute on function tenancy.check_session(bytea, uuid) to rowhouse_platform;
grant execute on function tenancy.enter_with_session(bytea, uuid, bigint, integer) to rowhouse_tenant;
