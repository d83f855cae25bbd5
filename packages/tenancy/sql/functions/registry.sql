-- What the main database has on top: the registry, the audit trail, and the switch of a move.

-- Whether a tenant is suspended. Every entry asks, after it has checked the caller's proof.
create or replace function tenancy.is_suspended(p_tenant uuid) returns boolean
language plpgsql stable strict security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (select from tenancy.suspensions as x where x.tenant_id = p_tenant and x.lifted_at is null);
end
$$;

-- Registers the home of a new tenant in the shared tables, without DDL.
create or replace function tenancy.register_home(p_tenant uuid) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$
  insert into tenancy.tenant_homes (tenant_id, schema_name, login) values (p_tenant, 'shared', 'rowhouse_tenant')
$$;

-- What an audit row tells, and what it stands for in the chain: its place, its time, its tenant,
-- the hash of what it tells and the row before. So what a forgotten tenant's rows told can go, and
-- the chain still proves that no row was added, changed or taken.
create or replace function tenancy.audit_content(p_row tenancy.audit) returns bytea
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select sha256(convert_to(jsonb_build_array(p_row.actor, p_row.action, p_row.detail)::text, 'UTF8'))
$$;

create or replace function tenancy.audit_hash(p_row tenancy.audit) returns bytea
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select sha256(p_row.previous || p_row.content || convert_to(jsonb_build_array(p_row.seq, extract(epoch from p_row.at), p_row.tenant_id)::text, 'UTF8'))
$$;

-- Empties what the trail tells of a tenant that was erased. For the owner alone.
create or replace function tenancy.redact_audit(p_tenant uuid) returns bigint
language sql volatile strict set search_path = pg_catalog, pg_temp
as $$
  with emptied as (
    update tenancy.audit set actor = 'erased', action = 'erased', detail = '{}' where tenant_id = p_tenant returning 1
  )
  select count(*) from emptied
$$;

-- One more row of the audit trail, chained to the one before by its hash. One at a time, so that
-- the chain has no forks.
create or replace function tenancy.record_audit(p_actor text, p_action text, p_tenant uuid, p_detail jsonb) returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  made tenancy.audit;
begin
  perform pg_advisory_xact_lock(7236118);
  made.seq := nextval('tenancy.audit_seq_seq');
  made.at := clock_timestamp();
  made.actor := p_actor;
  made.action := p_action;
  made.tenant_id := p_tenant;
  made.detail := coalesce(p_detail, '{}');
  made.previous := coalesce((select a.hash from tenancy.audit as a order by a.seq desc limit 1), '\x');
  made.content := tenancy.audit_content(made);
  made.hash := tenancy.audit_hash(made);
  insert into tenancy.audit overriding system value select made.*;
  return made.seq;
end
$$;

-- The registry follows a switch that the fence has made: placement, tier and move in one
-- transaction, whichever caller comes first.
create or replace function tenancy.record_switch(p_move uuid, p_epoch bigint) returns void
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  m tenancy.moves;
begin
  select * into m from tenancy.moves where id = p_move for update;
  if m.state in ('aborting', 'aborted') then
    raise exception 'move % was aborted', p_move using errcode = 'TN410';
  end if;
  if m.state <> 'verified' then
    return;
  end if;
  update tenancy.placements
  set kind = m.target ->> 'kind', server_id = (m.target ->> 'serverId')::uuid, database = m.target ->> 'database',
    schema = m.target ->> 'schema', login = m.target ->> 'login', secret = m.target ->> 'secret', epoch = p_epoch, changed_at = clock_timestamp()
  where tenant_id = m.tenant_id and epoch < p_epoch;
  if not found then
    raise exception 'the registry is past epoch % of move %', p_epoch, p_move using errcode = 'TN410';
  end if;
  update tenancy.tenants set tier = m.tier_to where id = m.tenant_id;
  update tenancy.moves
  set state = 'switched', status_detail = '', retry_error = null, changed_at = clock_timestamp(), grace_until = clock_timestamp() + make_interval(secs => m.grace_hours * 3600)
  where id = p_move;
  update tenancy.moves set state = 'rolled_back', changed_at = clock_timestamp() where id = m.rolls_back;
  perform pg_notify('rowhouse_placements', m.tenant_id::text);
end
$$;

-- Within the main database the fence, the registry and the move change in the transaction that
-- brings over the last keys.
create or replace function tenancy.switch_placement(p_move uuid) returns bigint
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  m tenancy.moves;
  made bigint;
begin
  select * into m from tenancy.moves where id = p_move;
  update tenancy.tenant_homes
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

-- Undoes a switch that was aborted after the fence: the tenant stays where it is, under a new epoch.
create or replace function tenancy.record_switch_back(p_move uuid, p_epoch bigint) returns void
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  m tenancy.moves;
begin
  select * into m from tenancy.moves where id = p_move for update;
  if m.state is distinct from 'aborting' then
    raise exception 'move % is not aborting but %', p_move, m.state using errcode = 'TN410';
  end if;
  update tenancy.placements set epoch = p_epoch, changed_at = clock_timestamp() where tenant_id = m.tenant_id and epoch < p_epoch;
  if not found then
    raise exception 'the registry is past epoch % of move %', p_epoch, p_move using errcode = 'TN410';
  end if;
  perform pg_notify('rowhouse_placements', m.tenant_id::text);
end
$$;
