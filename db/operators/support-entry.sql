-- How operators enter a tenant as support. Instead of a membership, this requires an open support
-- access of the session, and it writes an audit row each time.
-- A proof arrives as its hash, because a server may log the values of slow statements.

drop function if exists tenancy.enter_as_support(text, uuid, bigint, integer, text), tenancy.check_support(text, uuid, text); -- of earlier builds

-- Checks for an open support access of this session to the tenant, and audits its use. Returns the
-- access, its operator, and whether they may write. Raises TN403 (no open access).
create or replace function tenancy.check_support(p_token_hash bytea, p_tenant uuid, p_what text, out access_id uuid, out actor text, out reason text, out writes boolean)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  select a.id, u.name || ' (support)', a.reason, a.writes into access_id, actor, reason, writes
  from platform.sessions as s
  join platform.operators as o on o.user_id = s.user_id
  join platform.users as u on u.id = s.user_id
  join platform.support_accesses as a on a.session_id = s.id and a.user_id = s.user_id
  where s.token_hash = p_token_hash
    and s.expires_at > clock_timestamp()
    and not exists (select from platform.bans as b where b.user_id = s.user_id)
    and a.tenant_id = p_tenant
    and a.ended_at is null
    and a.expires_at > clock_timestamp();
  if access_id is null then
    raise exception 'no support access to tenant % is open in this session', p_tenant using errcode = 'TN403';
  end if;
  perform tenancy.record_audit(
    (select u.email from platform.support_accesses as a join platform.users as u on u.id = a.user_id where a.id = access_id),
    case when writes then 'support acts: ' else 'support looks: ' end || p_what, p_tenant,
    jsonb_build_object('access', access_id, 'reason', reason));
end
$$;

-- Checks the access and admits the caller on the shared login, in one transaction with the audit row.
-- Admits with write access, because the tenant's activity is recorded first. After that, the engine
-- makes the transaction read-only unless `writes` is true.
create or replace function tenancy.enter_as_support(p_token_hash bytea, p_tenant uuid, p_epoch bigint, p_ms integer, p_what text,
  out access_id uuid, out actor text, out reason text, out writes boolean)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  select c.access_id, c.actor, c.reason, c.writes into access_id, actor, reason, writes
  from tenancy.check_support(p_token_hash, p_tenant, p_what) as c;
  perform tenancy.admit(p_tenant, p_epoch, p_ms, true);
end
$$;

grant execute on function tenancy.check_support(bytea, uuid, text) to rowhouse_platform;
grant execute on function tenancy.enter_as_support(bytea, uuid, bigint, integer, text) to rowhouse_tenant;
