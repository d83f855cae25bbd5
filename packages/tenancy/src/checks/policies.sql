-- Each tenant table has exactly two policies for all roles and commands, one permissive and one restrictive. Both compare
-- tenant_id with the signed context, for reads and writes.
with expected (name, permissive) as (
  values ('tenant', 'PERMISSIVE'), ('tenant_only', 'RESTRICTIVE')
), tables as (
  select n.nspname as schema_name, c.relname as table_name
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where (n.nspname = 'shared' or n.nspname ~ '^t_[0-9a-f]{32}$') and c.relkind in ('r', 'p')
), found as (
  select p.schemaname as schema_name, p.tablename as table_name, p.policyname::text as name, p.permissive,
    p.cmd = 'ALL' and p.roles = '{public}'
      and regexp_replace(coalesce(p.qual, ''), '\s+', ' ', 'g') = '(tenant_id = ( SELECT tenancy.tenant() AS tenant))'
      and regexp_replace(coalesce(p.with_check, ''), '\s+', ' ', 'g') = '(tenant_id = ( SELECT tenancy.tenant() AS tenant))' as sound
  from pg_catalog.pg_policies as p
)
select format('%I.%I', t.schema_name, t.table_name) as object,
  case when f.name is null then format('policy %s is missing', e.name) else format('policy %s has been changed', e.name) end as why
from tables as t
cross join expected as e
left join found as f using (schema_name, table_name, name, permissive)
where f.sound is not true
union all
select format('%I.%I', t.schema_name, t.table_name), format('policy %s (%s) should not exist', f.name, lower(f.permissive))
from found as f
join tables as t using (schema_name, table_name)
where not exists (select from expected as e where e.name = f.name and e.permissive = f.permissive)
