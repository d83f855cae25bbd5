-- Only the role of a placement and the worker may select, insert, update and delete in tenant tables. They have no other
-- privilege: policies do not apply to truncate and references.
with granted as (
  select n.nspname as schema_name, c.relname as table_name, a.grantee, a.privilege_type, c.relowner
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  cross join lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) as a
  where (n.nspname = 'shared' or n.nspname ~ '^t_[0-9a-f]{32}$') and c.relkind in ('r', 'p', 'v', 'm', 'f')
)
select format('%I.%I', schema_name, table_name) as object,
  format('%s is granted to %s', lower(string_agg(privilege_type, ', ' order by privilege_type)), case grantee when 0 then 'public' else grantee::regrole::text end) as why
from granted
where grantee <> relowner
  and not (
    privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    and grantee in (
      select oid from pg_catalog.pg_roles
      where rolname in ('rowhouse_worker', case schema_name when 'shared' then 'rowhouse_tenant' else schema_name end)
    )
  )
group by schema_name, table_name, grantee
union all
select format('%I.%I', n.nspname, c.relname), format('select, insert, update and delete are not all granted to %s', r.rolname)
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_roles as r on r.rolname in ('rowhouse_worker', case n.nspname when 'shared' then 'rowhouse_tenant' else n.nspname end)
where (n.nspname = 'shared' or n.nspname ~ '^t_[0-9a-f]{32}$') and c.relkind in ('r', 'p')
  and not (has_table_privilege(r.oid, c.oid, 'select') and has_table_privilege(r.oid, c.oid, 'insert') and has_table_privilege(r.oid, c.oid, 'update') and has_table_privilege(r.oid, c.oid, 'delete'))
