-- What the main database has on top: the session check, which reads the platform schema.

-- Who stands behind a session in this tenant. Raises TN401, TN403 or TN423.
create or replace function tenancy.check_session(p_token text, p_tenant uuid, out user_id uuid, out session_id uuid, out role text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  suspended boolean;
begin
  select s.user_id, s.id, m.role, exists (select from platform.suspensions as x where x.tenant_id = p_tenant and x.lifted_at is null)
  into user_id, session_id, role, suspended
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
  if suspended then
    raise exception 'tenant % is suspended', p_tenant using errcode = 'TN423';
  end if;
end
$$;

drop function if exists tenancy.enter(text, uuid, bigint);

-- The door of the shared pool login: session, membership, suspension and fence in one call. A viewer's transaction is read-only.
-- p_ms is the time of each statement that follows, and of the wait at the fence.
create or replace function tenancy.enter(p_token text, p_tenant uuid, p_epoch bigint, p_ms integer default 15000, out user_id uuid, out role text)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  who record;
  told text;
begin
  who := tenancy.check_session(p_token, p_tenant);
  user_id := who.user_id;
  role := who.role;
  told := set_config('statement_timeout', p_ms::text, true);
  told := set_config('lock_timeout', p_ms::text, true);
  perform tenancy.pass_fence(p_tenant, p_epoch, 'rowhouse_tenant');
  if role = 'viewer' then
    told := set_config('transaction_read_only', 'on', true);
  end if;
end
$$;

-- A new starter tenant gets its place without DDL.
create or replace function tenancy.settle(p_tenant uuid) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
  insert into tenancy.residents (tenant_id, schema_name, login) values (p_tenant, 'shared', 'rowhouse_tenant')
$$;

-- What an audit row tells, and what it stands for in the chain: its place, its time, its tenant, the hash of what it tells and
-- the row before. So what a forgotten tenant's rows told can go, and the chain still proves that no row was added, changed or taken.
create or replace function tenancy.audit_content(p_row platform.audit) returns bytea
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select sha256(convert_to(jsonb_build_array(p_row.actor, p_row.deed, p_row.detail)::text, 'UTF8'))
$$;

create or replace function tenancy.audit_hash(p_row platform.audit) returns bytea
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select sha256(p_row.previous || p_row.content || convert_to(jsonb_build_array(p_row.seq, extract(epoch from p_row.at), p_row.tenant_id)::text, 'UTF8'))
$$;

-- Empties what the trail tells of a tenant that was erased. For the owner alone.
create or replace function tenancy.empty_audit(p_tenant uuid) returns bigint
language sql volatile strict set search_path = pg_catalog, pg_temp
as $$
  with emptied as (
    update platform.audit set actor = 'erased', deed = 'erased', detail = '{}' where tenant_id = p_tenant returning 1
  )
  select count(*) from emptied
$$;

-- One more row of the audit trail, chained to the one before by its hash. One at a time, so that the chain has no forks.
create or replace function tenancy.record(p_actor text, p_deed text, p_tenant uuid, p_detail jsonb) returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  made platform.audit;
begin
  perform pg_advisory_xact_lock(7236116);
  made.seq := nextval('platform.audit_seq_seq');
  made.at := clock_timestamp();
  made.actor := p_actor;
  made.deed := p_deed;
  made.tenant_id := p_tenant;
  made.detail := coalesce(p_detail, '{}');
  made.previous := coalesce((select a.hash from platform.audit as a order by a.seq desc limit 1), '\x');
  made.content := tenancy.audit_content(made);
  made.hash := tenancy.audit_hash(made);
  insert into platform.audit overriding system value select made.*;
  return made.seq;
end
$$;

-- The registry follows a switch that the fence has made: placement, tier and move in one transaction, whichever caller comes first.
create or replace function tenancy.record_switch(p_move uuid, p_epoch bigint) returns void
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  m platform.moves;
begin
  select * into m from platform.moves where id = p_move for update;
  if m.state in ('aborting', 'aborted') then
    raise exception 'move % was given up', p_move using errcode = 'TN410';
  end if;
  if m.state <> 'verified' then
    return;
  end if;
  update platform.placements
  set kind = m.target ->> 'kind', server_id = (m.target ->> 'serverId')::uuid, database = m.target ->> 'database',
    schema = m.target ->> 'schema', login = m.target ->> 'login', secret = m.target ->> 'secret', epoch = p_epoch, changed_at = clock_timestamp()
  where tenant_id = m.tenant_id and epoch < p_epoch;
  if not found then
    raise exception 'the registry is past epoch % of move %', p_epoch, p_move using errcode = 'TN410';
  end if;
  update platform.tenants set tier = m.tier_to where id = m.tenant_id;
  update platform.moves
  set state = 'switched', note = '', changed_at = clock_timestamp(), grace_until = clock_timestamp() + make_interval(secs => m.grace_hours * 3600)
  where id = p_move;
  update platform.moves set state = 'rolled_back', changed_at = clock_timestamp() where id = m.rolls_back;
  perform pg_notify('rowhouse_placements', m.tenant_id::text);
end
$$;

-- Within the main database the fence, the registry and the move change in the transaction that brings over the last keys.
create or replace function tenancy.switch_place(p_move uuid) returns bigint
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  m platform.moves;
  made bigint;
begin
  select * into m from platform.moves where id = p_move;
  update tenancy.residents
  set schema_name = m.target ->> 'schema', login = coalesce(m.target ->> 'login', 'rowhouse_tenant'), state = 'active',
    epoch = epoch + 1, changed_at = clock_timestamp()
  where tenant_id = m.tenant_id and move_id = p_move and state = 'copying' and m.state = 'verified'
  returning epoch into made;
  if made is null then
    raise exception 'move % is not ready to be switched', p_move using errcode = 'TN410';
  end if;
  perform tenancy.record_switch(p_move, made);
  return made;
end
$$;

-- A switch that was given up behind the fence: the tenant stays where it is, under a new epoch.
create or replace function tenancy.record_return(p_move uuid, p_epoch bigint) returns void
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  m platform.moves;
begin
  select * into m from platform.moves where id = p_move for update;
  if m.state is distinct from 'aborting' then
    raise exception 'move % is not given up but %', p_move, m.state using errcode = 'TN410';
  end if;
  update platform.placements set epoch = p_epoch, changed_at = clock_timestamp() where tenant_id = m.tenant_id and epoch < p_epoch;
  if not found then
    raise exception 'the registry is past epoch % of move %', p_epoch, p_move using errcode = 'TN410';
  end if;
  perform pg_notify('rowhouse_placements', m.tenant_id::text);
end
$$;
