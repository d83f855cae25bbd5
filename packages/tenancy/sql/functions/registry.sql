-- Functions of the main database only: the registry, the audit trail and the switch of a move.

-- True if a tenant is suspended. Every entry function calls it after checking the caller's proof.
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

-- The hash of an audit row covers its number, its time, its tenant, the hash of its content and the previous
-- row. The content of an erased tenant's rows can therefore be deleted, while the chain still proves that no
-- row was added, changed or removed.
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

-- Deletes the content of an erased tenant's audit rows. Only the owner may execute it.
create or replace function tenancy.redact_audit(p_tenant uuid) returns bigint
language sql volatile strict set search_path = pg_catalog, pg_temp
as $$
  with emptied as (
    update tenancy.audit set actor = 'erased', action = 'erased', detail = '{}' where tenant_id = p_tenant returning 1
  )
  select count(*) from emptied
$$;

-- Appends a row to the audit trail, chained to the previous one by its hash. The lock keeps the chain from
-- forking. Tenants could hold an advisory lock where those cannot be revoked, and a vacuum a lock on the trail itself.
create or replace function tenancy.record_audit(p_actor text, p_action text, p_tenant uuid, p_detail jsonb) returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  entry tenancy.audit;
begin
  lock table tenancy.installation in share row exclusive mode;
  entry.seq := nextval('tenancy.audit_seq_seq');
  entry.at := clock_timestamp();
  entry.actor := p_actor;
  entry.action := p_action;
  entry.tenant_id := p_tenant;
  entry.detail := coalesce(p_detail, '{}');
  entry.previous := coalesce((select a.hash from tenancy.audit as a order by a.seq desc limit 1), '\x');
  entry.content := tenancy.audit_content(entry);
  entry.hash := tenancy.audit_hash(entry);
  insert into tenancy.audit overriding system value select entry.*;
  return entry.seq;
end
$$;

-- Updates the registry after the fence has switched a tenant: placement, tier and move in one transaction. A
-- second call changes nothing.
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
    raise exception 'the registry already has epoch % of move %, or a later one', p_epoch, p_move using errcode = 'TN410';
  end if;
  update tenancy.tenants set tier = m.tier_to where id = m.tenant_id;
  update tenancy.moves
  set state = 'switched', status_detail = '', retry_error = null, changed_at = clock_timestamp(), grace_until = clock_timestamp() + make_interval(secs => m.grace_hours * 3600)
  where id = p_move;
  update tenancy.moves set state = 'rolled_back', changed_at = clock_timestamp() where id = m.rolls_back;
  perform pg_notify('rowhouse_placements', m.tenant_id::text);
end
$$;

-- Switches a tenant within the main database: fence, registry and move change in the transaction that copies
-- the last changed keys.
create or replace function tenancy.switch_placement(p_move uuid) returns bigint
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  m tenancy.moves;
  new_epoch bigint;
begin
  select * into m from tenancy.moves where id = p_move;
  update tenancy.tenant_homes
  set schema_name = m.target ->> 'schema', login = coalesce(m.target ->> 'login', 'rowhouse_tenant'), state = 'active',
    epoch = epoch + 1, changed_at = clock_timestamp()
  where tenant_id = m.tenant_id and move_id = p_move and state = 'copying' and m.state = 'verified'
  returning epoch into new_epoch;
  if new_epoch is null then
    raise exception 'move % is not ready to switch', p_move using errcode = 'TN410';
  end if;
  perform tenancy.record_switch(p_move, new_epoch);
  return new_epoch;
end
$$;

-- Undoes a switch that was aborted after the fence: the tenant stays in its source, under a new epoch.
create or replace function tenancy.record_switch_back(p_move uuid, p_epoch bigint) returns void
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  m tenancy.moves;
begin
  select * into m from tenancy.moves where id = p_move for update;
  if m.state is distinct from 'aborting' then
    raise exception 'move % cannot switch back in state %, only while aborting', p_move, m.state using errcode = 'TN410';
  end if;
  update tenancy.placements set epoch = p_epoch, changed_at = clock_timestamp() where tenant_id = m.tenant_id and epoch < p_epoch;
  if not found then
    raise exception 'the registry already has epoch % of move %, or a later one', p_epoch, p_move using errcode = 'TN410';
  end if;
  perform pg_notify('rowhouse_placements', m.tenant_id::text);
end
$$;
