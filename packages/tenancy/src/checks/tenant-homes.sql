-- The schema of each tenant home exists.
select h.tenant_id::text as object, format('its schema %s is missing', h.schema_name) as why
from tenancy.tenant_homes as h
where h.state in ('active', 'copying')
  and not exists (select from pg_catalog.pg_namespace as n where n.nspname = h.schema_name)
