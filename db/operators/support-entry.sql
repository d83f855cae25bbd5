-- The door for operators who act as support. No membership lets them in, but an open access: theirs, of this session, not over yet.
-- Each entry leaves an audit row; what the tenant shall see stands in its own activity. Without either there is no entry.

-- Who stands behind a session as support in this tenant, and what they may. Writes the audit row. Raises TN401 or TN403.
create or replace function tenancy.admit_support(p_token text, p_tenant uuid, p_what text, out access_id uuid, out actor text, out reason text, out writes boolean)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  select a.id, u.name || ' (support)', a.reason, a.writes into access_id, actor, reason, writes
  from platform.sessions as s
  join platform.operators as o on o.user_id = s.user_id
  join platform.users as u on u.id = s.user_id
  join platform.support_accesses as a on a.session_id = s.id and a.user_id = s.user_id
  where s.token_hash = sha256(convert_to(p_token, 'UTF8'))
    and s.expires_at > clock_timestamp()
    and not exists (select from platform.bans as b where b.user_id = s.user_id)
    and a.tenant_id = p_tenant
    and a.ended_at is null
    and a.expires_at > clock_timestamp();
  if access_id is null then
    raise exception 'no support access to tenant % is open in this session', p_tenant using errcode = 'TN403';
  end if;
  perform tenancy.record(
    (select u.email from platform.support_accesses as a join platform.users as u on u.id = a.user_id where a.id = access_id),
    case when writes then 'support acts: ' else 'support looks: ' end || p_what, p_tenant,
    jsonb_build_object('access', access_id, 'reason', reason));
end
$$;

-- In the main database: the session's access, the fence, the audit row and the tenant's own entry in one transaction, which is
-- read-only from then on unless writing was allowed. The first entry and each one that may write is told to the tenant.
create or replace function tenancy.enter_as_support(p_token text, p_tenant uuid, p_epoch bigint, p_what text, p_entry uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  admitted record;
  place text;
begin
  select * into admitted from tenancy.admit_support(p_token, p_tenant, p_what);
  perform tenancy.pass_fence(p_tenant, p_epoch, session_user);
  select schema_name into place from tenancy.residents where tenant_id = p_tenant;
  execute format(
    'insert into %I.activity (tenant_id, id, actor, deed, subject, subject_id, detail)
     select $1, $2, $3, $4, $5, $6, $7 where $8 or not exists (select from %I.activity where tenant_id = $1 and subject_id = $6)', place, place)
  using p_tenant, p_entry, admitted.actor, case when admitted.writes then 'support.acted' else 'support.entered' end,
    admitted.reason, admitted.access_id, jsonb_build_object('what', p_what), admitted.writes;
  if not admitted.writes then
    perform set_config('transaction_read_only', 'on', true);
  end if;
end
$$;

grant execute on function tenancy.admit_support(text, uuid, text) to rowhouse_platform;
-- the login of a tenant in the main database is its own; what opens this door is the operator's session
grant execute on function tenancy.enter_as_support(text, uuid, bigint, text, uuid) to public;
