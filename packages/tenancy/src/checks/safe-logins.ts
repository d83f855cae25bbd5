import { withConnection } from '#tenancy/base/connect'
import { loginUrl, type Login, type Tenancy } from '#tenancy/base/tenancy'
import { UnsafeLogin } from '#tenancy/checks/errors'

const unsafePrivileges = `
select current_user as login, array_remove(array[
  case when r.rolsuper then 'it is a superuser, which bypasses row-level security' end,
  case when r.rolbypassrls then 'it has BYPASSRLS' end,
  case when r.rolcreaterole then 'it may create roles' end,
  case when r.rolreplication then 'it may start replication' end,
  (select 'it is a member of ' || string_agg(m.roleid::regrole::text, ', ') from pg_catalog.pg_auth_members as m where m.member = r.oid),
  (select 'it owns ' || count(*) || ' tables, such as ' || min(c.oid::regclass::text) from pg_catalog.pg_class as c
     where c.relowner = r.oid and c.relkind in ('r', 'p') having count(*) > 0)
], null) as why
from pg_catalog.pg_roles as r
where r.rolname = current_user`

/**
 * Checks that no login of the app could bypass row-level security.
 * @param tenancy - The instance.
 * @param names - The logins to check; by default those of the web application.
 * @throws UnsafeLogin with every reason.
 */
export async function assertSafeLogins(
  tenancy: Tenancy,
  names: readonly Login[] = ['platform', 'tenant'],
): Promise<void> {
  for (const name of names) {
    const { rows } = await withConnection(loginUrl(tenancy, name), (client) =>
      client.query<{ login: string; why: string[] }>(unsafePrivileges),
    )
    for (const { login, why } of rows) if (why.length > 0) throw new UnsafeLogin(login, why)
  }
}
