-- Whether the grants of the engine's and the app's SQL files are missing in this database. The ledger says that the files
-- were applied, but a dump does not carry grants to roles that did not exist when it was restored. $1 lists the functions
-- of the app's entries in the main database: [{"signature", "caller"}].
select
  not exists (
    select from pg_catalog.pg_default_acl
    where defaclrole = 'rowhouse_owner'::regrole and defaclnamespace = 0 and defaclobjtype = 'f'
  )
  or not has_schema_privilege('rowhouse_worker', 'tenancy', 'usage')
  or not has_table_privilege('rowhouse_worker', 'tenancy.tenant_homes', 'select')
  or exists (
    select from pg_catalog.pg_namespace as n
    where n.nspname = 'platform'
      and (
        not has_schema_privilege('rowhouse_platform', n.oid, 'usage')
        or not exists (
          select from pg_catalog.pg_default_acl
          where defaclrole = 'rowhouse_owner'::regrole and defaclnamespace = n.oid and defaclobjtype = 'r'
        )
        or exists (
          select from pg_catalog.pg_class as c
          where c.relnamespace = n.oid and c.relkind = 'r' and not has_table_privilege('rowhouse_platform', c.oid, 'select')
        )
      )
  )
  or exists (
    select from jsonb_to_recordset($1::jsonb) as e (signature text, caller text)
    where not coalesce(has_function_privilege(e.caller, to_regprocedure(e.signature), 'execute'), false)
  ) as missing
