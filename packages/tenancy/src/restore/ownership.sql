-- The statements that give the objects of one database to rowhouse_owner. A dump that is restored before the roles exist,
-- or without owners, leaves them with the administrator. $1 lists the functions that the administrator owns.
with chosen as (
  select n.oid, n.nspname, n.nspowner
  from pg_catalog.pg_namespace as n
  where n.nspname in ('tenancy', 'platform', 'shared') or n.nspname ~ '^t_[0-9a-f]{32}$'
), change (position, statement) as (
  select 1, format('alter database %I owner to rowhouse_owner', d.datname)
  from pg_catalog.pg_database as d
  where d.datname = current_database() and d.datname ~ '^t_[0-9a-f]{32}$' and d.datdba <> 'rowhouse_owner'::regrole
  union all
  select 2, format('alter schema %I owner to rowhouse_owner', nspname) from chosen where nspowner <> 'rowhouse_owner'::regrole
  union all
  select 3, format('alter type %s owner to rowhouse_owner', t.oid::regtype)
  from pg_catalog.pg_type as t
  join chosen as n on n.oid = t.typnamespace
  where t.typowner <> 'rowhouse_owner'::regrole
    and (t.typtype in ('e', 'd', 'r') or (t.typtype = 'c' and (select relkind from pg_catalog.pg_class where oid = t.typrelid) = 'c'))
  union all
  select 4, format(
    'alter %s %s owner to rowhouse_owner',
    case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end,
    c.oid::regclass
  )
  from pg_catalog.pg_class as c
  join chosen as n on n.oid = c.relnamespace
  where c.relowner <> 'rowhouse_owner'::regrole
    and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    -- the sequence of a column belongs to the owner of its table
    and not exists (
      select from pg_catalog.pg_depend as d
      where c.relkind = 'S' and d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')
    )
  union all
  select 5, format('alter routine %s owner to rowhouse_owner', p.oid::regprocedure)
  from pg_catalog.pg_proc as p
  join chosen as n on n.oid = p.pronamespace
  where p.proowner <> 'rowhouse_owner'::regrole and not (n.nspname = 'tenancy' and p.proname = any ($1::text[]))
)
select statement from change order by position, statement
