-- The moves' part in every database with tenants: the trigger that logs changed keys, and the
-- functions that change the state of a tenant's home. The worker can call them; they return no rows
-- of other tenants.

-- The trigger on every tenant table. Logs the old and the new key of each row that a transaction
-- changes while the tenant is being copied. Its arguments are the columns of the primary key after
-- tenant_id. Runs as the owner, because no login can write the log itself.
create or replace function tenancy.capture() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  before_key text[];
  after_key text[];
begin
  if tg_op <> 'INSERT' then
    before_key := array(select to_jsonb(old) ->> name from unnest(tg_argv) with ordinality as k (name, position) order by position);
    insert into tenancy.changed_keys (tenant_id, table_name, key) values (old.tenant_id, tg_table_name, before_key);
  end if;
  if tg_op <> 'DELETE' then
    after_key := array(select to_jsonb(new) ->> name from unnest(tg_argv) with ordinality as k (name, position) order by position);
    if after_key is distinct from before_key then
      insert into tenancy.changed_keys (tenant_id, table_name, key) values (new.tenant_id, tg_table_name, after_key);
    end if;
  end if;
  return null;
end
$$;

drop function if exists tenancy.enter_for_move(uuid, uuid, text, boolean);

-- Enters a tenant for a move: signs the transaction's context for the tenant of a live move in
-- this database, whatever the state of the home.
create or replace function tenancy.enter_for_move(p_tenant uuid, p_move uuid, p_reason text) returns text
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  home tenancy.tenant_homes;
begin
  select * into home from tenancy.tenant_homes where tenant_id = p_tenant;
  if p_move is null or home.move_id is distinct from p_move then
    raise exception 'move % of tenant % is not live in this database', p_move, p_tenant using errcode = 'TN410';
  end if;
  perform
    set_config('tenancy.context', tenancy.sign_context(p_tenant, home.epoch, '~'), true),
    set_config('app.current_tenant_id', p_tenant::text, true);
  insert into tenancy.service_entries (tenant_id, login, reason)
  select p_tenant, session_user, p_reason
  where not exists (
    select from tenancy.service_entries as e
    where e.tenant_id = p_tenant and e.at > clock_timestamp() - interval '1 hour' and e.reason = p_reason
  );
  return home.state;
end
$$;

-- Raises the fence of a tenant: waits until no transaction of the tenant is open, and lets none begin until the
-- session unlocks tenancy.lock_key(). The update changes nothing. It waits for transactions that entered while
-- another tenant held the lock, see lock_home(), and makes an older snapshot fail above read committed.
create or replace function tenancy.raise_fence(p_tenant uuid) returns void
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_lock(tenancy.lock_key(p_tenant));
  begin
    update tenancy.tenant_homes set changed_at = changed_at where tenant_id = p_tenant;
  exception when others then
    perform pg_advisory_unlock(tenancy.lock_key(p_tenant));
    raise;
  end;
end
$$;

-- True in a transaction that was entered for a move. A trigger on a tenant table needs the condition
-- `when (not tenancy.is_move())`: a move copies rows as they are.
create or replace function tenancy.is_move() returns boolean
language plpgsql stable parallel unsafe set search_path = pg_catalog, pg_temp
as $$
begin
  return coalesce(current_setting('tenancy.context', true) like '%~|%', false) and tenancy.tenant() is not null;
end
$$;

-- Changes the state of a tenant's home by compare-and-set. Returns true if the home was in p_from
-- under this move. A change that starts or ends the tenant's right to write takes the tenant's lock
-- first, and the update waits for those who have locked the row instead, so that no transaction spans it.
create or replace function tenancy.transition(p_tenant uuid, p_move uuid, p_from text, p_to text, p_epoch bigint) returns boolean
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  changed boolean;
begin
  if (p_from, p_to) not in (
    ('active', 'copying'), ('copying', 'active'), ('copying', 'fenced'), ('fenced', 'gone'), ('fenced', 'active'),
    ('incoming', 'active'), ('incoming', 'aborted'), ('active', 'aborted')
  ) then
    raise exception 'a tenant home cannot change from % to %', p_from, p_to using errcode = '22023';
  end if;
  if p_to in ('copying', 'fenced') or (p_from, p_to) = ('active', 'aborted') then
    perform pg_advisory_xact_lock(tenancy.lock_key(p_tenant));
  end if;
  update tenancy.tenant_homes
  set state = p_to, epoch = p_epoch, move_id = p_move, changed_at = clock_timestamp()
  where tenant_id = p_tenant
    and state = p_from
    and epoch <= p_epoch
    and (move_id = p_move or (move_id is null and p_to = 'copying'));
  changed := found;
  if changed and 'active' in (p_from, p_to) then
    delete from tenancy.changed_keys where tenant_id = p_tenant;
  end if;
  return changed;
end
$$;

-- Registers the home of a tenant in the target database of its move, in a state that admits no
-- transactions yet. Returns false if the tenant is active there, or another move owns its home there.
create or replace function tenancy.register_incoming(p_tenant uuid, p_move uuid, p_schema text, p_login text, p_epoch bigint) returns boolean
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
begin
  insert into tenancy.tenant_homes as r (tenant_id, schema_name, login, state, epoch, move_id)
  values (p_tenant, p_schema, p_login, 'incoming', p_epoch, p_move)
  on conflict (tenant_id) do update
  set schema_name = p_schema, login = p_login, state = 'incoming', epoch = p_epoch, move_id = p_move, changed_at = clock_timestamp()
  where r.state in ('incoming', 'gone', 'aborted') and coalesce(r.move_id, p_move) = p_move;
  return found;
end
$$;

-- Assigns a tenant's home to another move, or to none.
create or replace function tenancy.reassign_move(p_tenant uuid, p_from uuid, p_to uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  reassigned boolean;
begin
  update tenancy.tenant_homes set move_id = p_to where tenant_id = p_tenant and move_id = p_from;
  reassigned := found;
  if reassigned then
    delete from tenancy.copy_progress where tenant_id = p_tenant and move_id = p_from;
  end if;
  return reassigned;
end
$$;

drop policy if exists tenant on tenancy.changed_keys;
drop policy if exists tenant on tenancy.copy_progress;
create policy tenant on tenancy.changed_keys using (tenant_id = (select tenancy.tenant()));
create policy tenant on tenancy.copy_progress using (tenant_id = (select tenancy.tenant()));

grant select on tenancy.changed_keys, tenancy.copy_progress to rowhouse_worker;
grant insert, delete on tenancy.changed_keys to rowhouse_worker;
grant insert, update, delete on tenancy.copy_progress to rowhouse_worker;
grant execute on function
  tenancy.lock_key(uuid),
  tenancy.raise_fence(uuid),
  tenancy.enter_for_move(uuid, uuid, text),
  tenancy.transition(uuid, uuid, text, text, bigint),
  tenancy.register_incoming(uuid, uuid, text, text, bigint),
  tenancy.reassign_move(uuid, uuid, uuid)
to rowhouse_worker;
grant execute on function tenancy.is_move() to public;
