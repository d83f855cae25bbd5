-- Shared tables have no statistics: `explain` shows each tenant the common values of all. Column targets and extended
-- statistics survive a restore and an upgrade.
with tables as (
  select c.oid, c.relname from pg_catalog.pg_class as c where c.relnamespace = to_regnamespace('shared') and c.relkind in ('r', 'p', 'm')
)
select format('shared.%I.%I', c.relname, a.attname) as object,
  'its statistics show each tenant values of the others; run select tenancy.omit_statistics(' || quote_literal(format('shared.%I', t.relname)) || ') as the owner, and then setup' as why
from tables as t
left join lateral (
  select null::oid as indexrelid, null::int2vector as indkey
  union all
  select x.indexrelid, x.indkey from pg_catalog.pg_index as x where x.indrelid = t.oid
) as i on true
join pg_catalog.pg_class as c on c.oid = coalesce(i.indexrelid, t.oid)
join pg_catalog.pg_attribute as a on a.attrelid = coalesce(i.indexrelid, t.oid) and a.attnum > 0 and not a.attisdropped
where coalesce(a.attstattarget, -1) <> case when a.attname = 'tenant_id' then 1 else 0 end and (i.indexrelid is null or i.indkey[a.attnum - 1] = 0)
union all
select c.name, 'it has statistics, which show each tenant values of the others; run setup as a superuser, or pg_clear_attribute_stats() as the owner from PostgreSQL 18 on'
from tenancy.columns_with_statistics() as c (name)
union all
select format('%I.%I', n.nspname, x.stxname), 'extended statistics show each tenant values of the others; drop them'
from pg_catalog.pg_statistic_ext as x
join tables as t on t.oid = x.stxrelid
join pg_catalog.pg_namespace as n on n.oid = x.stxnamespace
