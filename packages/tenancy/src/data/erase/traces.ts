import pg from 'pg'
import { readTables } from '#tenancy/base/catalogue'
import { withConnection } from '#tenancy/base/connect'
import { loginUrl, type Tenancy } from '#tenancy/base/tenancy'
import { isErased } from '#tenancy/data/erase/platform-rows'

const name = pg.escapeIdentifier

/**
 * Deletes what the engine's tables in the main database still hold of a tenant once the registry
 * has forgotten it: its home, service entries, changed keys, progress. Returns the counts.
 */
export async function removeTenancyRows(
  tenancy: Tenancy,
  tenantId: string,
): Promise<Record<string, number>> {
  return withConnection(loginUrl(tenancy, 'migrator'), async (client) => {
    await client.query('set role rowhouse_owner')
    const gone: Record<string, number> = {}
    const tables = (await readTables(client, 'tenancy')).filter(isErased)
    for (const table of tables.toReversed()) {
      const { rowCount } = await client.query(
        `delete from tenancy.${name(table.name)} where tenant_id = $1`,
        [tenantId],
      )
      if (rowCount) gone[table.name] = rowCount
    }
    await client.query('delete from tenancy.failed_migrations where schema = $1', [
      `t_${tenantId.replaceAll('-', '')}`,
    ])
    return gone
  })
}

/**
 * Empties what the audit trail says of a tenant. The rows and their chain of hashes stay: that
 * something was done, and when.
 */
export async function clearAudit(tenancy: Tenancy, tenantId: string): Promise<number> {
  return withConnection(loginUrl(tenancy, 'migrator'), async (client) => {
    await client.query('set role rowhouse_owner')
    const { rows } = await client.query<{ emptied: number }>(
      'select tenancy.redact_audit($1)::int as emptied',
      [tenantId],
    )
    return rows[0]?.emptied ?? 0
  })
}
