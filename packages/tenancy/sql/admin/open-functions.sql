-- Lists the built-in functions that every role may call and that SQL injected into a request could use against other
-- tenants. Only their owner, a superuser, can revoke them.
create or replace function tenancy.open_functions() returns table (signature text, family text, consequence text)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select p.oid::regprocedure::text, f.family, f.consequence
  from pg_proc as p
  join (values
    ('set_config', '^set_config$',
      'injected SQL can change the settings of its own transaction, such as the statement timeout; it cannot forge the signed context'),
    ('advisory locks', '^pg_(try_)?advisory_',
      'injected SQL can hold advisory locks, which slows entries of a tenant and delays its move until the transaction is ended'),
    ('large objects', '^(lo_.*|loread|lowrite)$',
      'injected SQL can store data that no policy protects and other tenants could read, until the worker removes it within the hour'),
    ('sessions', '^pg_(terminate|cancel)_backend$',
      'injected SQL can end statements and sessions of the same login; work that was not committed runs again')
  ) as f (family, pattern, consequence) on p.proname ~ f.pattern
  where p.pronamespace = 'pg_catalog'::regnamespace
    -- every session lock is released before a connection returns to its pool
    and p.proname <> 'pg_advisory_unlock_all'
    and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a where a.grantee = 0)
$$;

revoke execute on function tenancy.open_functions() from public;
grant execute on function tenancy.open_functions() to rowhouse_platform, rowhouse_worker;

do $$
declare
  target record;
begin
  for target in
    select o.signature, o.family
    from tenancy.open_functions() as o
    join pg_catalog.pg_proc as p on p.oid = o.signature::regprocedure
    where pg_has_role(current_user, p.proowner, 'usage')
  loop
    execute format('revoke execute on function %s from public', target.signature);
    if target.family <> 'large objects' then
      execute format('grant execute on function %s to rowhouse_owner, rowhouse_migrator, rowhouse_platform, rowhouse_worker', target.signature);
    end if;
  end loop;
end
$$;
