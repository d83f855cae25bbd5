-- What the main database has on top: the session check, which reads the platform schema.

-- Who stands behind a session in this tenant. Raises TN401, TN403 or TN423.
create or replace function tenancy.check_session(p_token text, p_tenant uuid, out user_id uuid, out session_id uuid, out role text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  select s.user_id, s.id into user_id, session_id
  from platform.sessions as s
  where s.token_hash = sha256(convert_to(p_token, 'UTF8'))
    and s.expires_at > clock_timestamp()
    and not exists (select from platform.bans as b where b.user_id = s.user_id);
  if user_id is null then
    raise exception 'no valid session' using errcode = 'TN401';
  end if;
  select m.role into role from platform.members as m where m.tenant_id = p_tenant and m.user_id = check_session.user_id;
  if role is null then
    raise exception 'user % is no member of tenant %', user_id, p_tenant using errcode = 'TN403';
  end if;
  if exists (select from platform.suspensions as x where x.tenant_id = p_tenant and x.lifted_at is null) then
    raise exception 'tenant % is suspended', p_tenant using errcode = 'TN423';
  end if;
end
$$;

-- The door of the shared pool login: session, membership, suspension and fence in one call. A viewer's transaction is read-only.
create or replace function tenancy.enter(p_token text, p_tenant uuid, p_epoch bigint, out user_id uuid, out role text)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  session_id uuid;
begin
  select c.user_id, c.session_id, c.role into user_id, session_id, role from tenancy.check_session(p_token, p_tenant) as c;
  perform tenancy.pass_fence(p_tenant, p_epoch, 'rowhouse_tenant');
  if role = 'viewer' then
    perform set_config('transaction_read_only', 'on', true);
  end if;
end
$$;

-- A new starter tenant gets its place without DDL.
create or replace function tenancy.settle(p_tenant uuid) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
  insert into tenancy.residents (tenant_id, schema_name, login) values (p_tenant, 'shared', 'rowhouse_tenant')
$$;
