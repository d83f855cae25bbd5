import { inDatabase, withConnection } from '#tenancy/base/connect'
import { logins, type Tenancy } from '#tenancy/base/tenancy'
import type { Profile } from '#tenancy/migrations/profile'
import { prepareServer, templateDatabase } from '#tenancy/placements/prepare-server'
import { missingPasswords } from '#tenancy/setup'
import type { Repair } from '#tenancy/restore/repair-database'

/** Roles with their attributes and settings, and the template of tenant databases. */
const serverFacts = `
  select 'role ' || r.rolname as object, concat_ws(' ', r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls, s.setconfig::text) as value
  from pg_catalog.pg_roles as r
  left join pg_catalog.pg_db_role_setting as s on s.setrole = r.oid and s.setdatabase = 0
  where r.rolname in ('rowhouse_owner', 'rowhouse_migrator', 'rowhouse_platform', 'rowhouse_tenant', 'rowhouse_worker')
  union all
  select 'membership of rowhouse_migrator in rowhouse_owner', 'granted'
  from pg_catalog.pg_roles as m
  join pg_catalog.pg_auth_members as a on a.member = m.oid
  join pg_catalog.pg_roles as o on o.oid = a.roleid and o.rolname = 'rowhouse_owner'
  where m.rolname = 'rowhouse_migrator'
  union all
  select 'database ' || d.datname, coalesce(shobj_description(d.oid, 'pg_database'), '')
  from pg_catalog.pg_database as d
  where d.datname = '${templateDatabase}'`

/** Creates what is missing on the server as a whole: roles, their settings and passwords, the template. */
export async function repairServer(
  tenancy: Tenancy,
  adminUrl: string,
  profile?: Profile,
): Promise<Repair[]> {
  const facts = () =>
    withConnection(inDatabase(adminUrl, 'postgres'), async (admin) => {
      const { rows } = await admin.query<{ object: string; value: string }>(serverFacts)
      return new Map(rows.map(({ object, value }) => [object, value]))
    })
  const before = await facts()
  const passwords = await missingPasswords(tenancy)
  await prepareServer(tenancy, adminUrl, { passwords, profile })
  const changed = [...(await facts())].filter(([object, value]) => before.get(object) !== value)
  return [
    ...changed.map(([object]) => ({
      database: null,
      what: `${object}: ${before.has(object) ? 'corrected' : 'created'}`,
    })),
    ...logins
      .filter((login) => passwords[login] !== undefined)
      .map((login) => ({ database: null, what: `password of rowhouse_${login}: set` })),
  ]
}
