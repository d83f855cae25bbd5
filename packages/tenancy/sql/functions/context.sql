-- The signed tenant context and the fence, in every database that holds tenants. Owned by rowhouse_owner.
-- A refused entry raises TN401 (no valid session), TN403 (not a member), TN409 (the tenant is not, or no
-- longer, here) or TN423 (suspended).

alter default privileges for role rowhouse_owner revoke execute on functions from public;

-- HMAC-SHA-256 (RFC 2104) with stored pads, so that one call costs two hashes. Like everything that a
-- tenant transaction calls, it is in plpgsql, whose plans last for the session; an SQL function is planned
-- again in every transaction.
create or replace function tenancy.hmac(p_message text) returns text
language plpgsql stable strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  k tenancy.key;
begin
  select * into k from tenancy.key;
  return encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(p_message, 'UTF8'))), 'hex');
end
$$;

-- The key of a tenant's fence. The seed is in src/base/lock-keys.ts.
create or replace function tenancy.lock_key(p_tenant uuid) returns bigint
language plpgsql immutable strict parallel safe set search_path = pg_catalog, pg_temp
as $$
begin
  return hashtextextended(p_tenant::text, 7236115);
end
$$;

drop function if exists tenancy.sign_context(uuid, bigint, boolean);

-- The mark after the epoch is + if the transaction's changes are logged for a move, ~ if the transaction is the
-- move's own, and - if it is read-only. The signature covers it, so that a client cannot change it.
create or replace function tenancy.sign_context(p_tenant uuid, p_epoch bigint, p_mark text) returns text
language plpgsql stable strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  body constant text := concat_ws('|', p_tenant, pg_backend_pid(), extract(epoch from transaction_timestamp()), p_epoch || p_mark);
begin
  return body || '|' || tenancy.hmac(body);
end
$$;

-- The tenant of this transaction, or null. Unsafe for parallel workers: their process id is not the signed
-- one. The only access without a signed context is a dedicated role in a read-only transaction, which needs
-- no fence. Reporting tools with the tenant's URL use it.
create or replace function tenancy.tenant() returns uuid
language plpgsql stable security definer parallel unsafe set search_path = pg_catalog, pg_temp
as $$
declare
  context constant text := current_setting('tenancy.context', true);
  part constant text[] := string_to_array(context, '|');
begin
  if coalesce(context, '') = '' and session_user ~ '^t_' and current_setting('transaction_read_only') = 'on' then
    return (select r.tenant_id from tenancy.tenant_homes as r where r.login = session_user and r.state in ('active', 'copying'));
  end if;
  if context is null or array_length(part, 1) is distinct from 5 then
    return null;
  end if;
  if part[2] <> pg_backend_pid()::text or part[3] <> extract(epoch from transaction_timestamp())::text then
    return null;
  end if;
  if sha256(convert_to(part[5], 'UTF8')) is distinct from
     sha256(convert_to(tenancy.hmac(array_to_string(part[1:4], '|')), 'UTF8')) then
    return null;
  end if;
  -- PostgreSQL 15 lets a client reset it within the transaction
  if part[4] like '%-' and current_setting('transaction_read_only') <> 'on' then
    raise exception 'this transaction was admitted as read-only' using errcode = '25006';
  end if;
  return part[1]::uuid;
end
$$;

-- Makes the transaction of a tenant read-only, for good.
create or replace function tenancy.make_read_only() returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := tenancy.tenant();
  epoch constant bigint := substring(split_part(current_setting('tenancy.context', true), '|', 4) from '^[0-9]+');
  ignored text;
begin
  if tenant is null or epoch is null then
    raise exception 'this transaction has not entered a tenant' using errcode = 'TN401';
  end if;
  ignored := set_config('tenancy.context', tenancy.sign_context(tenant, epoch, '-'), true);
  ignored := set_config('transaction_read_only', 'on', true);
end
$$;

-- True while a fence is up or requested: a login that is not a tenant's holds or awaits the lock exclusively.
-- Where advisory locks cannot be revoked from tenants, one tenant can lock the key of another. That is no fence.
create or replace function tenancy.is_fenced(p_key bigint) returns boolean
language plpgsql volatile strict set search_path = pg_catalog, pg_temp
as $$
begin
  -- otherwise PostgreSQL lists the sessions as they were when this transaction first looked
  perform pg_stat_clear_snapshot();
  return exists (
    select from pg_locks as l
    left join pg_stat_activity as a on a.pid = l.pid
    where l.locktype = 'advisory' and l.mode = 'ExclusiveLock' and l.objsubid = 1
      and l.database = (select d.oid from pg_database as d where d.datname = current_database())
      and (l.classid::bigint << 32) | l.objid::bigint = p_key
      and coalesce(a.usename, '') !~ '^(rowhouse_tenant|t_[0-9a-f]{32})$'
  );
end
$$;

-- Locks a tenant's home while another session holds or awaits the tenant's lock exclusively. If that is a fence,
-- waits for the lock. If it is another tenant, locks the row of the home instead: no tenant can lock it, and
-- raise_fence() and every change of the home wait for it. is_fenced() runs again once the row is locked, because
-- a fence may have been raised in between. A read-only transaction cannot lock rows, and needs no lock: it cannot
-- write to a placement that the tenant has left.
create or replace function tenancy.lock_home(p_tenant uuid) returns void
language plpgsql volatile strict set search_path = pg_catalog, pg_temp
as $$
declare
  key constant bigint := tenancy.lock_key(p_tenant);
  limit_before constant text := current_setting('lock_timeout');
  limit_ms constant integer := 1000 * extract(epoch from limit_before::interval);
  step_ms constant integer := least(coalesce(nullif(limit_ms, 0), 100), 100);
  waited_ms integer := 0;
begin
  loop
    if tenancy.is_fenced(key) then
      begin
        -- in steps, because another tenant may hold the lock when the fence has been released
        perform set_config('lock_timeout', format('%sms', step_ms), true);
        perform pg_advisory_xact_lock_shared(key);
        perform set_config('lock_timeout', limit_before, true);
        return;
      exception when lock_not_available then
        waited_ms := waited_ms + step_ms;
        if limit_ms > 0 and waited_ms >= limit_ms then
          raise;
        end if;
      end;
    elsif current_setting('transaction_read_only') = 'on' then
      return;
    else
      begin
        perform from tenancy.tenant_homes where tenant_id = p_tenant for share;
        if not tenancy.is_fenced(key) then
          return;
        end if;
        raise exception using errcode = 'TN425'; -- unlocks the row
      exception when sqlstate 'TN425' then
        null;
      end;
    end if;
  end loop;
end
$$;

-- Lock and then read in two statements, so that the read has a snapshot from after the lock. Above read committed
-- the snapshot is older, so the row itself is locked and a move causes a serialization failure.
create or replace function tenancy.assert_home(p_tenant uuid, p_epoch bigint, p_login text) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  home tenancy.tenant_homes;
  ignored text;
begin
  if not pg_try_advisory_xact_lock_shared(tenancy.lock_key(p_tenant)) then
    perform tenancy.lock_home(p_tenant);
  end if;
  if current_setting('transaction_isolation') = 'read committed' or current_setting('transaction_read_only') = 'on' then
    select * into home from tenancy.tenant_homes where tenant_id = p_tenant;
  else
    select * into home from tenancy.tenant_homes where tenant_id = p_tenant for share;
  end if;
  if home.tenant_id is null
     or home.state not in ('active', 'copying')
     or home.epoch is distinct from p_epoch
     or home.login is distinct from coalesce(p_login, home.login) then
    raise exception 'tenant % is not in this database under epoch %', p_tenant, p_epoch using
      errcode = 'TN409',
      detail = coalesce(format('found epoch %s, state %s', home.epoch, home.state), 'the tenant has no home here');
  end if;
  -- := is about ten times cheaper than perform in plpgsql
  ignored := set_config('tenancy.context', tenancy.sign_context(p_tenant, home.epoch, case home.state when 'copying' then '+' else '' end), true);
  ignored := set_config('app.current_tenant_id', p_tenant::text, true);
end
$$;

-- Admits a caller on the shared role, after its proof was checked: limits its statements to p_ms milliseconds,
-- asserts that the tenant's home is here and signs the context. Only the owner may execute it; each entry
-- function calls it last.
create or replace function tenancy.admit(p_tenant uuid, p_epoch bigint, p_ms integer, p_writes boolean) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  ignored text;
  required text[];
begin
  ignored := set_config('statement_timeout', p_ms::text, true);
  ignored := set_config('lock_timeout', p_ms::text, true);
  -- A pooler may use a connection that it opened while a tenant had changed the settings of the login.
  foreach required slice 1 in array array[
    ['datestyle', 'ISO, MDY'], ['intervalstyle', 'postgres'], ['timezone', 'UTC'], ['bytea_output', 'hex'],
    ['extra_float_digits', '1'], ['standard_conforming_strings', 'on'], ['row_security', 'on'],
    ['idle_in_transaction_session_timeout', '10s']
  ] loop
    if current_setting(required[1]) <> required[2] then
      ignored := set_config(required[1], required[2], true);
    end if;
  end loop;
  perform tenancy.assert_home(p_tenant, p_epoch, 'rowhouse_tenant');
  if not p_writes then
    perform tenancy.make_read_only();
  end if;
end
$$;

-- Enters with a dedicated role. The role is the boundary; it must be the one in the tenant's home.
create or replace function tenancy.enter_as_dedicated_role(p_tenant uuid, p_epoch bigint) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if session_user !~ '^t_[0-9a-f]{32}$' then
    raise exception 'role % is not the dedicated role of a tenant', session_user using errcode = 'TN403';
  end if;
  perform tenancy.assert_home(p_tenant, p_epoch, session_user);
end
$$;

-- Enters as the worker, one tenant at a time, with a reason that is recorded.
create or replace function tenancy.enter_as_service(p_tenant uuid, p_epoch bigint, p_reason text) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if coalesce(btrim(p_reason), '') = '' then
    raise exception 'a service must give a reason to enter a tenant' using errcode = '22023';
  end if;
  perform tenancy.assert_home(p_tenant, p_epoch, null);
  insert into tenancy.service_entries (tenant_id, login, reason) values (p_tenant, session_user, p_reason);
end
$$;

-- Deletes entries older than 90 days. The worker decides when, and cannot delete newer ones.
create or replace function tenancy.prune_service_entries() returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  deleted bigint;
begin
  delete from tenancy.service_entries where at < clock_timestamp() - interval '90 days';
  get diagnostics deleted = row_count;
  return deleted;
end
$$;

-- The lock of a migration target: exclusive for a migration, shared for a move or a provisioning, which need
-- the target to keep its version. It is not the tenant's fence, which is lock_key().
create or replace function tenancy.target_key(p_schema text) returns bigint
language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp
as $$
  select hashtextextended(p_schema, 7236116)
$$;

create or replace function tenancy.target_holders(p_schema text) returns text
language sql stable strict set search_path = pg_catalog, pg_temp
as $$
  select string_agg(format('%s (process %s)', coalesce(nullif(a.application_name, ''), a.usename), l.pid), ', ' order by l.pid)
  from pg_locks as l
  join pg_stat_activity as a on a.pid = l.pid
  where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.pid <> pg_backend_pid()
    and l.database = (select d.oid from pg_database as d where d.datname = current_database())
    and (l.classid::bigint << 32) | l.objid::bigint = tenancy.target_key(p_schema)
$$;

-- Locks a target for a migration, for the transaction or the session, without waiting. Raises 55P03 with the
-- holders.
create or replace function tenancy.lock_target(p_schema text, p_session boolean default false) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
  got boolean;
begin
  if p_session then
    got := pg_try_advisory_lock(tenancy.target_key(p_schema));
  else
    got := pg_try_advisory_xact_lock(tenancy.target_key(p_schema));
  end if;
  if not got then
    raise exception 'locked by %', coalesce(tenancy.target_holders(p_schema), 'a session that has just ended') using errcode = '55P03';
  end if;
end
$$;

-- Validates a foreign key of a tenant table. PostgreSQL looks for violations as the owner, who sees no rows
-- through forced policies. So neither table forces them until the end of this transaction, which locks both.
create or replace function tenancy.validate(p_schema text, p_table text, p_constraint text) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
  forced regclass[];
  side regclass;
begin
  select array_agg(c.oid::regclass) into forced
  from pg_constraint as k
  join pg_class as c on c.oid in (k.conrelid, k.confrelid)
  where k.conrelid = format('%I.%I', p_schema, p_table)::regclass and k.conname = p_constraint and c.relforcerowsecurity;
  foreach side in array coalesce(forced, '{}') loop
    execute format('alter table %s no force row level security', side);
  end loop;
  execute format('alter table %I.%I validate constraint %I', p_schema, p_table, p_constraint);
  foreach side in array coalesce(forced, '{}') loop
    execute format('alter table %s force row level security', side);
  end loop;
end
$$;

-- Keeps the values of a shared table out of the planner's statistics. Any tenant can read them with `explain`: the estimate
-- for `column < 'x'` changes at each common value, whoever it belongs to. The target is 0 for each column and each
-- expression of an index. It is 1 for tenant_id: the planner needs the number of tenants, and explain then shows at most
-- three ids and no row. Earlier statistics of tenant_id are replaced; those of other columns can be removed from PostgreSQL
-- 18 on, and before that by a superuser only.
create or replace function tenancy.omit_statistics(p_table regclass) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
  target record;
  can_clear constant boolean := to_regprocedure('pg_clear_attribute_stats(text,text,text,boolean)') is not null;
begin
  for target in
    select n.nspname as schema_name, c.relname as relation_name, a.attname as column_name, i.indexrelid is not null as is_index, a.attnum as position,
      case when a.attname = 'tenant_id' then 1 else 0 end as wanted, c.reltuples > 0 as is_analyzed
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_index as i on i.indexrelid = c.oid
    where (c.oid = p_table or (i.indrelid = p_table and i.indkey[a.attnum - 1] = 0))
      and coalesce(a.attstattarget, -1) <> case when a.attname = 'tenant_id' then 1 else 0 end
  loop
    if target.is_index then
      execute format('alter index %I.%I alter column %s set statistics 0', target.schema_name, target.relation_name, target.position);
    else
      execute format('alter table %I.%I alter column %I set statistics %s', target.schema_name, target.relation_name, target.column_name, target.wanted);
    end if;
    if target.wanted > 0 and target.is_analyzed then
      execute format('analyze %I.%I (%I)', target.schema_name, target.relation_name, target.column_name);
    elsif can_clear then
      execute format('select pg_clear_attribute_stats(%L, %L, %L, false)', target.schema_name, target.relation_name, target.column_name);
    end if;
  end loop;
end
$$;

-- Adds the policies, the capture trigger and the grants that every tenant table needs. Each migration that
-- creates a table must call it.
create or replace function tenancy.protect(p_schema text, p_table text) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
  tenant_role constant text := case when p_schema like 't\_%' then p_schema else 'rowhouse_tenant' end;
  key_columns text;
begin
  select coalesce(string_agg(quote_literal(a.attname), ', ' order by k.position), '') into key_columns
  from pg_index as i
  cross join lateral unnest(i.indkey) with ordinality as k (number, position)
  join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number
  where i.indrelid = format('%I.%I', p_schema, p_table)::regclass and i.indisprimary and a.attname <> 'tenant_id';
  execute format('alter table %I.%I enable row level security, force row level security', p_schema, p_table);
  execute format('drop policy if exists tenant on %I.%I', p_schema, p_table);
  execute format('drop policy if exists tenant_only on %I.%I', p_schema, p_table);
  execute format(
    'create policy tenant on %I.%I as permissive for all to public using (tenant_id = (select tenancy.tenant())) with check (tenant_id = (select tenancy.tenant()))',
    p_schema, p_table);
  execute format(
    'create policy tenant_only on %I.%I as restrictive for all to public using (tenant_id = (select tenancy.tenant())) with check (tenant_id = (select tenancy.tenant()))',
    p_schema, p_table);
  execute format('drop trigger if exists capture on %I.%I', p_schema, p_table);
  execute format(
    $trigger$
      create trigger capture after insert or update or delete on %I.%I for each row
      when (current_setting('tenancy.context', true) like '%%+|%%')
      execute function tenancy.capture(%s)
    $trigger$,
    p_schema, p_table, key_columns);
  execute format('revoke all on %I.%I from public', p_schema, p_table);
  execute format('grant select, insert, update, delete on %I.%I to %I, rowhouse_worker', p_schema, p_table, tenant_role);
  if p_schema = 'shared' then
    perform tenancy.omit_statistics(format('%I.%I', p_schema, p_table)::regclass);
  end if;
end
$$;

drop policy if exists tenant on tenancy.retention_progress;
create policy tenant on tenancy.retention_progress using (tenant_id = (select tenancy.tenant()));

grant usage on schema tenancy to public;
grant execute on function tenancy.tenant(), tenancy.make_read_only(), tenancy.enter_as_dedicated_role(uuid, bigint) to public;
grant execute on function tenancy.enter_as_service(uuid, bigint, text), tenancy.prune_service_entries() to rowhouse_worker;
grant execute on function tenancy.target_key(text), tenancy.target_holders(text) to rowhouse_worker;
grant select on tenancy.tenant_homes, tenancy.applied_migrations, tenancy.installation to rowhouse_worker;
grant select, insert, update, delete on tenancy.retention_progress to rowhouse_worker;
