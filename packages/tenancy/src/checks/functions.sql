-- A function that runs as its owner has a fixed search_path, and only those listed may be called, by those listed.
with allowed (signature, caller) as (
  values
    ('tenancy.tenant()', 'public'), ('tenancy.enter_own(uuid,bigint)', 'public'),
    ('tenancy.enter(text,uuid,bigint,integer)', 'rowhouse_tenant'),
    ('tenancy.enter_with_key(text,uuid,bigint,integer)', 'rowhouse_tenant'), ('tenancy.check_key(text,uuid)', 'rowhouse_platform'),
    ('tenancy.enter_as_service(uuid,bigint,text)', 'rowhouse_worker'), ('tenancy.prune_entries()', 'rowhouse_worker'),
    ('tenancy.enter_as_support(text,uuid,bigint,text,uuid)', 'public'), ('tenancy.admit_support(text,uuid,text)', 'rowhouse_platform'),
    ('tenancy.check_session(text,uuid)', 'rowhouse_platform'), ('tenancy.settle(uuid)', 'rowhouse_platform'),
    ('tenancy.record(text,text,uuid,jsonb)', 'rowhouse_platform'),
    ('tenancy.enter_for_move(uuid,uuid,text,boolean)', 'rowhouse_worker'), ('tenancy.turn(uuid,uuid,text,text,bigint)', 'rowhouse_worker'),
    ('tenancy.await_arrival(uuid,uuid,text,text,bigint)', 'rowhouse_worker'), ('tenancy.hand_over(uuid,uuid,uuid)', 'rowhouse_worker'),
    ('tenancy.record_switch(uuid,bigint)', 'rowhouse_worker'), ('tenancy.switch_place(uuid)', 'rowhouse_worker'),
    ('tenancy.record_return(uuid,bigint)', 'rowhouse_worker'), ('tenancy.fence_holders(uuid)', 'rowhouse_worker'),
    ('tenancy.make_login(uuid,text)', 'rowhouse_migrator'), ('tenancy.drop_login(uuid)', 'rowhouse_migrator'),
    ('tenancy.end_sessions(uuid)', 'rowhouse_migrator')
)
select p.oid::regprocedure::text as object, 'it has no fixed search_path' as why
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname in ('tenancy', 'platform', 'shared', 'public')
  and not exists (select from unnest(p.proconfig) as given (setting) where given.setting like 'search\_path=%')
union all
select p.oid::regprocedure::text, format('it runs as its owner, and %s may call it', case a.grantee when 0 then 'public' else a.grantee::regrole::text end)
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
where p.prosecdef
  and n.nspname not in ('pg_catalog', 'information_schema')
  and a.grantee <> p.proowner
  and not exists (
    select from allowed as w
    where w.signature = p.oid::regprocedure::text and w.caller = case a.grantee when 0 then 'public' else a.grantee::regrole::text end
  )
