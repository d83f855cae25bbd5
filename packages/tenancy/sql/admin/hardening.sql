-- The administrator runs this in every database that holds tenants, and in the template of new ones.
revoke all on schema public from public;

create schema if not exists tenancy authorization rowhouse_owner;

-- Functions that a dedicated role could use against other tenants if it ran arbitrary SQL.
do $$
declare
  target record;
begin
  for target in
    select p.oid::regprocedure::text as signature, p.proname
    from pg_catalog.pg_proc as p
    where p.pronamespace = 'pg_catalog'::regnamespace
      and (
        p.proname in ('set_config', 'pg_terminate_backend', 'pg_cancel_backend', 'lowrite', 'loread')
        or p.proname like 'pg\_advisory%'
        or p.proname like 'pg\_try\_advisory%'
        or p.proname like 'lo\_%'
      )
  loop
    execute format('revoke execute on function %s from public', target.signature);
    if target.proname not like 'lo%' then
      execute format('grant execute on function %s to rowhouse_owner, rowhouse_migrator, rowhouse_platform, rowhouse_worker', target.signature);
    end if;
  end loop;
end
$$;

-- every session lock is released before a connection returns to its pool
grant execute on function pg_catalog.pg_advisory_unlock_all() to public;
