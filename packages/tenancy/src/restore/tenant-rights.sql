-- The statements that restore the rights of roles on the schemas and tables of tenants in one database.
with placed as (
  select n.oid, n.nspname, case n.nspname when 'shared' then 'rowhouse_tenant' else n.nspname end as login
  from pg_catalog.pg_namespace as n
  where n.nspname = 'shared'
    or (n.nspname ~ '^t_[0-9a-f]{32}$' and exists (select from pg_catalog.pg_roles as r where r.rolname = n.nspname))
), caller as (
  select p.oid, p.nspname, r.rolname
  from placed as p
  join pg_catalog.pg_roles as r on r.rolname in (p.login, 'rowhouse_worker')
)
select format('grant usage on schema %I to %I', nspname, rolname) as statement
from caller
where not has_schema_privilege(rolname, oid, 'usage')
union all
select format('select tenancy.protect(%L, %L)', n.nspname, c.relname)
from pg_catalog.pg_class as c
join placed as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p')
  and (
    not (c.relrowsecurity and c.relforcerowsecurity)
    or (select count(*) from pg_catalog.pg_policy as p where p.polrelid = c.oid and p.polname in ('tenant', 'tenant_only')) < 2
    or exists (
      select from caller as r
      cross join unnest(array['select', 'insert', 'update', 'delete']) as needed (privilege)
      where r.oid = n.oid and not has_table_privilege(r.rolname, c.oid, needed.privilege)
    )
  )
