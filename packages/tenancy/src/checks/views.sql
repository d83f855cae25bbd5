-- A view runs as its owner unless it is security_invoker; policies do not apply to materialised views and foreign tables.
select format('%I.%I', n.nspname, c.relname) as object,
  case c.relkind when 'v' then 'this view is not security_invoker' when 'm' then 'a materialised view has no row-level security' when 'f' then 'a foreign table has no row-level security' else 'a partition can be read without the policies of its parent' end as why
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where (n.nspname = 'shared' or n.nspname ~ '^t_[0-9a-f]{32}$')
  and (c.relkind in ('m', 'f') or c.relispartition
    or (c.relkind = 'v' and not coalesce('security_invoker=true' = any (c.reloptions) or 'security_invoker=on' = any (c.reloptions), false)))
