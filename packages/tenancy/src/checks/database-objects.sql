-- Nothing in the database reads the tenants' rows, or changes what statements do, apart from the policies: publications,
-- subscriptions, replication slots, event triggers, foreign servers, untrusted languages, casts, operators, and settings of the
-- database or of all roles. With the profile `managed`, those of the provider are notes.
with profile as (
  select exists (select from tenancy.installation where profile = 'managed') as managed
), of_extensions as (
  select classid, objid from pg_catalog.pg_depend where deptype = 'e' and refclassid = 'pg_extension'::regclass
)
select format('publication %I', p.pubname) as object,
  case when p.puballtables then 'it publishes all tables' else 'it publishes tables of tenants or of the app' end as why, false as accepted
from pg_catalog.pg_publication as p
where p.puballtables
  or exists (
    select from pg_catalog.pg_publication_tables as t
    where t.pubname = p.pubname and (t.schemaname in ('shared', 'platform', 'tenancy') or t.schemaname ~ '^t_[0-9a-f]{32}$')
  )
  or exists (
    select from pg_catalog.pg_publication_namespace as s
    join pg_catalog.pg_namespace as n on n.oid = s.pnnspid
    where s.pnpubid = p.oid and (n.nspname in ('shared', 'platform', 'tenancy') or n.nspname ~ '^t_[0-9a-f]{32}$')
  )
union all
select format('subscription %I', s.subname), 'it writes rows of another server into this database', false
from pg_catalog.pg_subscription as s
where s.subdbid = (select oid from pg_catalog.pg_database where datname = current_database())
union all
select format('replication slot %I', s.slot_name), 'it lets a logical decoder read the changes of all tenants', profile.managed
from pg_catalog.pg_replication_slots as s
cross join profile
where s.database = current_database()
union all
select format('event trigger %I', e.evtname), format('it calls %s', e.evtfoid::regprocedure), profile.managed and e.evtowner <> 'rowhouse_owner'::regrole
from pg_catalog.pg_event_trigger as e
cross join profile
where (('pg_event_trigger'::regclass, e.oid)) not in (select classid, objid from of_extensions)
union all
select format('foreign server %I', s.srvname), 'statements could read and write another database through it', false
from pg_catalog.pg_foreign_server as s
union all
select format('language %I', l.lanname), 'functions in it may read files and run programs of the server', profile.managed
from pg_catalog.pg_language as l
cross join profile
where not l.lanpltrusted and l.lanname not in ('internal', 'c')
union all
select format('cast from %s to %s', format_type(c.castsource, null), format_type(c.casttarget, null)), format('it calls %s', c.castfunc::regprocedure), false
from pg_catalog.pg_cast as c
where c.oid >= 16384 and ('pg_cast'::regclass, c.oid) not in (select classid, objid from of_extensions)
union all
select format('operator %I.%s', n.nspname, o.oprname), format('it calls %s', o.oprcode), false
from pg_catalog.pg_operator as o
join pg_catalog.pg_namespace as n on n.oid = o.oprnamespace
where o.oid >= 16384 and (n.nspname in ('pg_catalog', 'shared', 'platform', 'tenancy') or n.nspname ~ '^t_[0-9a-f]{32}$')
  and ('pg_operator'::regclass, o.oid) not in (select classid, objid from of_extensions)
union all
select case s.setdatabase when 0 then 'all roles' else format('database %I', current_database()) end,
  format('it has the setting %s', given.setting),
  profile.managed and given.setting !~* '^(row_security|session_replication_role|search_path|session_preload_libraries|local_preload_libraries|role)='
from pg_catalog.pg_db_role_setting as s
cross join profile
cross join lateral unnest(s.setconfig) as given (setting)
where s.setrole = 0 and s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
union all
-- a copy of tenants' rows outside the schemas that the other checks know
select format('%I.%I', n.nspname, c.relname), format('%s may read this table of another schema, which has no forced row-level security', r.rolname), false
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_roles as r on r.rolname = 'rowhouse_tenant' or (r.rolname ~ '^t_[0-9a-f]{32}$' and has_database_privilege(r.oid, current_database(), 'connect'))
where c.relkind in ('r', 'p', 'v', 'm', 'f') and not (c.relrowsecurity and c.relforcerowsecurity)
  and n.nspname not in ('pg_catalog', 'information_schema', 'shared', 'platform', 'tenancy') and n.nspname !~ '^(pg_toast|pg_temp|t_[0-9a-f]{32}$)'
  and ('pg_class'::regclass, c.oid) not in (select classid, objid from of_extensions)
  and has_schema_privilege(r.oid, n.oid, 'usage')
  and (has_table_privilege(r.oid, c.oid, 'select, insert, update, delete') or has_any_column_privilege(r.oid, c.oid, 'select'))
