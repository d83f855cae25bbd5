-- Each resident has its schema, so that the fence and the tables tell one story.
select r.tenant_id::text as object, format('its schema %s is missing', r.schema_name) as why
from tenancy.residents as r
where r.state in ('active', 'copying')
  and not exists (select from pg_catalog.pg_namespace as n where n.nspname = r.schema_name)
