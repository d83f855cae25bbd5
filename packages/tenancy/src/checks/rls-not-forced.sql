-- Without forced row-level security, a table shows all rows to its owner; without row-level security, to every role with a
-- grant.
select format('%I.%I', n.nspname, c.relname) as object,
  case when c.relrowsecurity then 'row-level security is not forced' else 'row-level security is off' end as why
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where (n.nspname = 'shared' or n.nspname ~ '^t_[0-9a-f]{32}$')
  and c.relkind in ('r', 'p')
  and not (c.relrowsecurity and c.relforcerowsecurity)
