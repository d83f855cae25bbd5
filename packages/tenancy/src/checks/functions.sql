-- Every function has a fixed search_path. Only the roles listed here may call a function that runs as its owner. $1 lists the
-- functions of the app's entries: [{"signature", "caller"}], $2 the extensions that the configuration allows. With the profile
-- `managed`, functions of other schemas count only if a login of the app can call them.
with allowed (signature, caller) as (
  values
    ('tenancy.tenant()', 'public'), ('tenancy.make_read_only()', 'public'), ('tenancy.enter_as_dedicated_role(uuid,bigint)', 'public'),
    ('tenancy.enter_as_service(uuid,bigint,text)', 'rowhouse_worker'), ('tenancy.prune_service_entries()', 'rowhouse_worker'),
    ('tenancy.register_home(uuid)', 'rowhouse_platform'), ('tenancy.record_audit(text,text,uuid,jsonb)', 'rowhouse_platform'),
    ('tenancy.enter_for_move(uuid,uuid,text)', 'rowhouse_worker'), ('tenancy.transition(uuid,uuid,text,text,bigint)', 'rowhouse_worker'),
    ('tenancy.raise_fence(uuid)', 'rowhouse_worker'),
    ('tenancy.register_incoming(uuid,uuid,text,text,bigint)', 'rowhouse_worker'), ('tenancy.reassign_move(uuid,uuid,uuid)', 'rowhouse_worker'),
    ('tenancy.record_switch(uuid,bigint)', 'rowhouse_worker'), ('tenancy.switch_placement(uuid)', 'rowhouse_worker'),
    ('tenancy.record_switch_back(uuid,bigint)', 'rowhouse_worker'), ('tenancy.fence_holders(uuid)', 'rowhouse_worker'),
    ('tenancy.create_dedicated_role(uuid,text)', 'rowhouse_migrator'), ('tenancy.drop_dedicated_role(uuid)', 'rowhouse_migrator'),
    ('tenancy.end_sessions(uuid)', 'rowhouse_migrator'),
    ('tenancy.end_overdue_transactions(integer,integer)', 'rowhouse_platform'),
    ('tenancy.end_overdue_transactions(integer,integer)', 'rowhouse_worker'),
    ('tenancy.remove_large_objects(integer)', 'rowhouse_platform'), ('tenancy.remove_large_objects(integer)', 'rowhouse_worker'),
    ('tenancy.changed_login_settings(boolean)', 'rowhouse_platform'), ('tenancy.changed_login_settings(boolean)', 'rowhouse_worker'),
    ('tenancy.columns_with_statistics()', 'rowhouse_platform'), ('tenancy.columns_with_statistics()', 'rowhouse_worker')
  union all
  select e.signature, e.caller from jsonb_to_recordset($1::jsonb) as e (signature text, caller text)
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
    select from pg_catalog.pg_depend as d
    join pg_catalog.pg_extension as e on e.oid = d.refobjid
    where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
      and e.extname in (select jsonb_array_elements_text($2::jsonb))
  )
  and (
    n.nspname in ('tenancy', 'platform', 'shared') or n.nspname ~ '^t_[0-9a-f]{32}$'
    or not exists (select from tenancy.installation where profile = 'managed')
    or (
      p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
      and exists (
        select from pg_catalog.pg_roles as r
        where (r.rolname in ('rowhouse_migrator', 'rowhouse_platform', 'rowhouse_tenant', 'rowhouse_worker') or r.rolname ~ '^t_[0-9a-f]{32}$')
          and has_schema_privilege(r.oid, n.oid, 'usage') and has_function_privilege(r.oid, p.oid, 'execute')
      )
    )
  )
  and not exists (
    select from allowed as w
    where w.signature = p.oid::regprocedure::text and w.caller = case a.grantee when 0 then 'public' else a.grantee::regrole::text end
  )
