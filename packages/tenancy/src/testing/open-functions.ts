import { withConnection } from '#tenancy/base/connect'

/**
 * Grants to public in one database what `sql/admin/open-functions.sql` revokes, as on a server whose administrator
 * cannot revoke it.
 * @param adminUrl - The URL of an administrator, which names the database.
 */
export async function openFunctions(adminUrl: string): Promise<void> {
  await withConnection(adminUrl, (admin) =>
    admin.query(`
      do $$
      declare
        target record;
      begin
        for target in
          select p.oid::regprocedure::text as signature from pg_catalog.pg_proc as p
          where p.pronamespace = 'pg_catalog'::regnamespace
            and p.proname ~ '^(set_config|pg_terminate_backend|pg_cancel_backend|lowrite|loread|pg_advisory.*|pg_try_advisory.*|lo_.*)$'
            and p.proname not in ('lo_import', 'lo_export')
        loop
          execute format('grant execute on function %s to public', target.signature);
        end loop;
      end
      $$`),
  )
}
