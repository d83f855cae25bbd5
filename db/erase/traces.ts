import pg from 'pg'
import { readTables } from '#db/catalogue'
import { connected } from '#db/connect'
import { loginUrl } from '#db/env'
import { queueSchema } from '#db/jobs/queue'
import { platformPool } from '#db/pools'

const name = pg.escapeIdentifier

/** Removes jobs that carry one of these ids, done or not. Returns how many. */
export async function removeJobs(ids: string[]): Promise<number> {
  const tables = (await readTables(platformPool(), queueSchema)).filter(({ columns }) =>
    columns.some((column) => column.name === 'data' && column.base === 'jsonb'),
  )
  let gone = 0
  for (const table of tables) {
    const { rowCount } = await platformPool().query(
      `delete from ${queueSchema}.${name(table.name)} as j
       where exists (select from unnest($1::text[]) as known (id) where strpos(j.data::text, known.id) > 0)`,
      [ids],
    )
    gone += rowCount ?? 0
  }
  return gone
}

/**
 * Removes what the fence of the main database keeps of a tenant: its resident row, entries, changed
 * keys. Returns the counts.
 */
export async function removeTenancyRows(tenantId: string): Promise<Record<string, number>> {
  return connected(loginUrl('migrator'), async (client) => {
    await client.query('set role rowhouse_owner')
    const gone: Record<string, number> = {}
    const tables = (await readTables(client, 'tenancy')).filter(({ columns }) =>
      columns.some((column) => column.name === 'tenant_id'),
    )
    for (const table of tables)
      gone[table.name] =
        (
          await client.query(`delete from tenancy.${name(table.name)} where tenant_id = $1`, [
            tenantId,
          ])
        ).rowCount ?? 0
    await client.query('delete from tenancy.failures where schema = $1', [
      `t_${tenantId.replaceAll('-', '')}`,
    ])
    return gone
  })
}

/**
 * Empties what the audit trail says of a tenant. The rows and their chain of hashes stay: that
 * something was done, and when.
 */
export async function clearAudit(tenantId: string): Promise<number> {
  return connected(loginUrl('migrator'), async (client) => {
    await client.query('set role rowhouse_owner')
    const { rows } = await client.query<{ emptied: number }>(
      'select tenancy.empty_audit($1)::int as emptied',
      [tenantId],
    )
    return rows[0]?.emptied ?? 0
  })
}
