-- An extension adds functions that SQL of every tenant may call. $1 lists the extensions that the configuration allows. A
-- database with the profile `managed` accepts others, because the provider installs some; see also the check `functions`.
select e.extname as object,
  'the configuration does not list this extension as allowed: SQL injected into a request could call its functions, which nobody has reviewed for that' as why,
  exists (select from tenancy.installation where profile = 'managed') as accepted
from pg_catalog.pg_extension as e
where e.extname not in ('plpgsql', 'pg_stat_statements')
  and e.extname <> all (array(select jsonb_array_elements_text($1::jsonb)))
