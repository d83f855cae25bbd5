-- Only the role of a placement and the worker may use its schema, only the owner may create objects in it, and the schema
-- public is empty.
select format('%I', n.nspname) as object,
  format('%s is granted to %s', lower(a.privilege_type), case a.grantee when 0 then 'public' else a.grantee::regrole::text end) as why
from pg_catalog.pg_namespace as n
cross join lateral aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as a
where (n.nspname in ('shared', 'platform', 'public') or n.nspname ~ '^t_[0-9a-f]{32}$')
  and a.grantee <> n.nspowner
  and not (
    a.privilege_type = 'USAGE'
    and a.grantee in (
      select oid from pg_catalog.pg_roles
      where rolname = any (case n.nspname
        when 'shared' then array['rowhouse_tenant', 'rowhouse_worker']
        when 'platform' then array['rowhouse_platform']
        when 'public' then array[]::text[]
        else array[n.nspname::text, 'rowhouse_worker'] end)
    )
  )
union all
select format('%I', n.nspname), format('its owner is %s, not rowhouse_owner', n.nspowner::regrole)
from pg_catalog.pg_namespace as n
where (n.nspname in ('shared', 'platform', 'tenancy') or n.nspname ~ '^t_[0-9a-f]{32}$') and n.nspowner <> 'rowhouse_owner'::regrole
union all
select format('%I.%I', n.nspname, c.relname), format('its owner is %s, not rowhouse_owner', c.relowner::regrole)
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where (n.nspname in ('shared', 'platform', 'tenancy') or n.nspname ~ '^t_[0-9a-f]{32}$') and c.relkind in ('r', 'p', 'v', 'm', 'S') and c.relowner <> 'rowhouse_owner'::regrole
union all
select format('public.%I', c.relname), 'the schema public must be empty'
from pg_catalog.pg_class as c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
