import { sql, type SQL } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { readTables } from '#tenancy/base/catalogue'
import { withConnection } from '#tenancy/base/connect'
import type { ControlPlaneTable } from '#tenancy/base/data-lifecycle'
import { declaredTables } from '#tenancy/base/declared-tables'
import { ConfigurationError } from '#tenancy/base/errors'
import { loginUrl, type PlatformDb, type Queryable, type Tenancy } from '#tenancy/base/tenancy'
import { platform } from '#tenancy/registry/placements'
import { platformPool } from '#tenancy/registry/pools'

type Counts = Record<string, number>

/**
 * Erases what the platform login can reach: the registry's rows of the tenant, the app's tables,
 * and the people who belong to no other tenant, in one transaction.
 * @returns The numbers of deleted or detached rows, by table.
 */
export async function eraseControlPlaneRows(tenancy: Tenancy, tenantId: string): Promise<Counts> {
  const pool = platformPool(tenancy)
  const { rows } = await pool.query<{ name: string }>(
    `select c.relname as name from pg_catalog.pg_class as c
     where c.relnamespace = 'tenancy'::regnamespace and c.relkind in ('r', 'p') and has_table_privilege(c.oid, 'DELETE')`,
  )
  const writable = new Set(rows.map(({ name }) => name))
  const registry = await deletionOrder(tenancy, pool, 'tenancy')
  const tables = [
    ...(await deletionOrder(tenancy, pool, 'platform')),
    ...registry.filter(({ name }) => writable.has(name)),
  ]
  return platform(tenancy).transaction(async (tx) => {
    const counts: Counts = {}
    const people = await tenancy.config.members.erase(tx, tenantId, {
      eraseTenant: async () => {
        for (const table of tables) await eraseRows(tx, table, tenantId, counts)
      },
      eraseAddress: async (address) => {
        for (const { schema, name, email } of tables)
          if (email)
            await count(
              tx,
              counts,
              name,
              sql`delete from ${sql.identifier(schema)}.${sql.identifier(name)} where ${sql.identifier(email)} = ${address}`,
            )
      },
    })
    return { ...counts, ...people }
  })
}

/**
 * Erases rows that only the owner of the engine's tables can delete: the tenant's home, service
 * entries, changed keys and progress.
 * @returns The numbers of deleted rows, by table.
 */
export async function eraseOwnerRows(tenancy: Tenancy, tenantId: string): Promise<Counts> {
  return withConnection(loginUrl(tenancy, 'migrator'), async (client) => {
    await client.query('set role rowhouse_owner')
    const counts: Counts = {}
    for (const table of await deletionOrder(tenancy, client, 'tenancy'))
      await eraseRows(drizzle(client), table, tenantId, counts)
    return counts
  })
}

/**
 * Empties the audit entries of a tenant. Their ids, times and hashes stay, so the chain still
 * verifies.
 * @returns The number of emptied entries.
 */
export async function redactAudit(tenancy: Tenancy, tenantId: string): Promise<number> {
  return withConnection(loginUrl(tenancy, 'migrator'), async (client) => {
    await client.query('set role rowhouse_owner')
    const { rows } = await client.query<{ emptied: number }>(
      'select tenancy.redact_audit($1)::int as emptied',
      [tenantId],
    )
    return rows[0]?.emptied ?? 0
  })
}

/** Lists the declared tables of a schema, those that refer to others first. */
async function deletionOrder(
  tenancy: Tenancy,
  db: Queryable,
  schema: string,
): Promise<ControlPlaneTable[]> {
  const declared = declaredTables(tenancy).controlPlane.filter((table) => table.schema === schema)
  return (await readTables(db, schema, { circles: 'all' })).toReversed().flatMap((table) => {
    const found = declared.find(({ name }) => name === table.name)
    if (!found && table.columns.some(({ name }) => name === 'tenant_id'))
      throw new ConfigurationError([
        `the table ${schema}.${table.name} has a tenant_id, but no schema file declares it: add it with controlPlaneTable(), or its rows would outlive their tenant`,
      ])
    return found ? [found] : []
  })
}

async function eraseRows(
  db: Pick<PlatformDb, 'execute'>,
  { schema, name, tenant, erase }: ControlPlaneTable,
  tenantId: string,
  counts: Counts,
): Promise<void> {
  if (tenant === null) return
  const table = sql`${sql.identifier(schema)}.${sql.identifier(name)}`
  const column = typeof tenant === 'string' ? sql.identifier(tenant) : undefined
  const isTheirs = typeof tenant === 'string' ? sql`${column} = ${tenantId}` : tenant(tenantId)
  if (erase === 'delete') await count(db, counts, name, sql`delete from ${table} where ${isTheirs}`)
  if ((erase === 'set null' || erase === 'person') && column)
    await count(
      db,
      counts,
      `${name} detached`,
      sql`update ${table} set ${column} = null where ${isTheirs}`,
    )
}

async function count(
  db: Pick<PlatformDb, 'execute'>,
  counts: Counts,
  what: string,
  statement: SQL,
): Promise<void> {
  const { rowCount } = await db.execute(statement)
  if (rowCount) counts[what] = (counts[what] ?? 0) + rowCount
}
