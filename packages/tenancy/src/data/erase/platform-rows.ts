import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { readTables, type Table } from '#tenancy/base/catalogue'
import { type Tenancy } from '#tenancy/base/tenancy'
import { withPoolTransaction } from '#tenancy/base/with-transaction'
import { platformPool } from '#tenancy/registry/pools'

// Which tables of the main database say something about a tenant comes from the catalogue: those
// with a column `tenant_id`. What refers to the tenant only as a choice of somebody (a foreign key
// that is emptied, as that of a session may be) stays and forgets it.

/**
 * Tables of the engine that outlive a tenant: they hold ids, times and counts, and the audit trail
 * is emptied in its own way.
 */
const outliving = new Set(['erasures', 'audit'])
const name = pg.escapeIdentifier

type TableOfTenants = { schema: 'platform' | 'tenancy'; table: Table }

/** Tables of the engine's schema whose rows go with their tenant. */
export const isErased = ({ name: table, columns }: Table): boolean =>
  !outliving.has(table) && columns.some((column) => column.name === 'tenant_id')

/**
 * Deletes what the main database knows of a tenant, the people who belong to no other, and the
 * tenant itself, in one transaction. Returns how many rows went from each table.
 */
export async function removePlatformRows(
  tenancy: Tenancy,
  tenantId: string,
): Promise<Record<string, number>> {
  const gone: Record<string, number> = {}
  const count = (what: string, { rowCount }: pg.QueryResult) => {
    if (rowCount) gone[what] = (gone[what] ?? 0) + rowCount
  }
  return withPoolTransaction(platformPool(tenancy), async (client) => {
    const people = await tenancy.config.members.erase(drizzle(client), tenantId, async () => {
      for (const { schema, table } of (await tablesOfTenants(client)).toReversed()) {
        const at = `${schema}.${name(table.name)}`
        if (isEmptied(table))
          count(
            `${table.name} that forget it`,
            await client.query(`update ${at} set tenant_id = null where tenant_id = $1`, [
              tenantId,
            ]),
          )
        else
          count(
            table.name,
            await client.query(`delete from ${at} where tenant_id = $1`, [tenantId]),
          )
      }
    })
    // a key is what is counted, a colon and the tenant
    count(
      'rate_limits',
      await client.query(`delete from tenancy.rate_limits where split_part(key, ':', 2) = $1`, [
        tenantId,
      ]),
    )
    count('tenants', await client.query('delete from tenancy.tenants where id = $1', [tenantId]))
    return { ...gone, ...people }
  })
}

/**
 * Referred to before those that refer. Of the engine's own only those of the registry: the platform
 * login may not touch the rest, which `removeTenancyRows` deletes.
 */
async function tablesOfTenants(client: pg.ClientBase): Promise<TableOfTenants[]> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_catalog.pg_class as c
     where c.relnamespace = 'tenancy'::regnamespace and c.relkind in ('r', 'p') and has_table_privilege(c.oid, 'DELETE')`,
  )
  const registry = new Set(rows.map((row) => row.name))
  const own = (await readTables(client, 'tenancy')).filter(
    (table) => registry.has(table.name) && isErased(table),
  )
  const platform = (await readTables(client, 'platform', { circles: true })).filter(({ columns }) =>
    columns.some((column) => column.name === 'tenant_id'),
  )
  return [
    ...own.map((table) => ({ schema: 'tenancy' as const, table })),
    ...platform.map((table) => ({ schema: 'platform' as const, table })),
  ]
}

const isEmptied = ({ references }: Table) =>
  references.some(
    ({ table, columns, onDelete }) =>
      table === 'tenants' && columns.includes('tenant_id') && onDelete === 'emptied',
  )
