-- The app has no large objects. SQL injected into a request can create them where the functions for them cannot be revoked.
select format('large objects of %s', r.rolname) as object,
  format('%s large objects are outside every policy: other tenants on the same login can read them, and they stay behind when a tenant moves. The worker removes them once an hour, in dedicated databases once a day', count(*)) as why,
  exists (select from tenancy.installation where profile = 'managed') as accepted
from pg_catalog.pg_largeobject_metadata as m
join pg_catalog.pg_roles as r on r.oid = m.lomowner
where r.rolname ~ '^(rowhouse_tenant|t_[0-9a-f]{32})$'
group by r.rolname
