-- What SQL injected into a request can leave behind. The administrator owns these functions, because it takes a member of
-- the tenants' logins, or a superuser, to end their sessions and to remove their large objects.

-- Ends sessions of tenants' logins whose transaction or statement is older than p_limit_ms, in every database of the
-- server. The limit is at least two seconds, so that a caller cannot use it to end every transaction. PostgreSQL does
-- not notice that the client of a running statement is gone, and tenants can change their own timeouts. The statement
-- counts too, because one statement can run and commit several transactions.
-- A dedicated role may run long reports with the tenant's connection string. Its session is ended only if it holds or
-- awaits an advisory lock, as transactions of the app do, or if it is p_pid: a connection that the app has closed.
create or replace function tenancy.end_overdue_transactions(p_limit_ms integer, p_pid integer default null)
returns table (pid integer, login text, database text, seconds double precision)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  since constant timestamptz := clock_timestamp() - make_interval(secs => greatest(p_limit_ms, 2000) / 1000.0);
begin
  for pid, login, database, seconds in
    select a.pid, a.usename, a.datname, extract(epoch from clock_timestamp() - coalesce(b.began, a.state_change))
    from pg_stat_activity as a
    cross join lateral (select least(a.xact_start, case when a.state <> 'idle' then a.query_start end)) as b (began)
    where a.backend_type = 'client backend'
      and a.usename ~ '^(rowhouse_tenant|t_[0-9a-f]{32})$'
      and coalesce(p_pid, a.pid) = a.pid
      and coalesce(b.began, a.state_change) < since
      and (
        (b.began is not null and (a.usename = 'rowhouse_tenant' or p_pid is not null))
        or exists (select from pg_locks as l where l.pid = a.pid and l.locktype = 'advisory')
      )
  loop
    if pg_terminate_backend(pid) then
      return next;
    end if;
  end loop;
end
$$;

-- Removes large objects of tenants' logins in this database, at most p_count of them, because each takes a lock until
-- the end of the transaction. The app has none, and no policy protects them.
create or replace function tenancy.remove_large_objects(p_count integer default 1000) returns integer
language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
  target oid;
  removed integer := 0;
begin
  for target in
    select m.oid from pg_largeobject_metadata as m
    join pg_roles as r on r.oid = m.lomowner
    where r.rolname ~ '^(rowhouse_tenant|t_[0-9a-f]{32})$'
    limit p_count
  loop
    perform lo_unlink(target);
    removed := removed + 1;
  end loop;
  return removed;
end
$$;

revoke execute on function tenancy.end_overdue_transactions(integer, integer), tenancy.remove_large_objects(integer) from public;
grant execute on function tenancy.end_overdue_transactions(integer, integer), tenancy.remove_large_objects(integer)
to rowhouse_platform, rowhouse_worker;
