import pg from 'pg'
import { readTables } from '#tenancy/base/catalogue'
import { withConnection } from '#tenancy/base/connect'
import { withTransaction } from '#tenancy/base/with-transaction'
import { countQuery } from '#tenancy/data/export/pages'
import { newId } from '#tenancy/base/ids'
import { unprovision } from '#tenancy/placements/provision'
import { platform, serviceUrl, type Placement } from '#tenancy/registry/placements'
import { suspensions } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

const batch = 5000
const reason = 'erasure'
const name = pg.escapeIdentifier

/**
 * Suspends the tenant and waits for its transactions to end. No caller is admitted from then on.
 */
export async function denyEntry(tenancy: Tenancy, placement: Placement): Promise<void> {
  await platform(tenancy)
    .insert(suspensions)
    .values({ id: newId(), tenantId: placement.tenantId, by: 'erasure', reason })
    .onConflictDoNothing()
  await unlessAlreadyGone(
    placement,
    withConnection(serviceUrl(tenancy, 'worker', placement), async (client) => {
      await client.query('select tenancy.raise_fence($1)', [placement.tenantId])
    }),
  )
}

/**
 * Counts the tenant's rows.
 * @returns The number of rows in each table, as `rows of TABLE`. Empty if an earlier run has
 *   deleted the placement.
 */
export async function countRows(
  tenancy: Tenancy,
  placement: Placement,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  await connected(tenancy, placement, async (client, inTenant) => {
    const tables = await readTables(client, placement.schema)
    await inTenant(async () => {
      for (const table of tables) {
        const { rows } = await client.query<{ rows: number }>(countQuery(table), [
          placement.tenantId,
        ])
        counts[`rows of ${table.name}`] = rows[0]?.rows ?? 0
      }
    })
  })
  return counts
}

/** Deletes the tenant's rows from the shared tables, those that refer to others first. */
export async function deleteRows(tenancy: Tenancy, placement: Placement): Promise<void> {
  if (placement.kind !== 'shared') return
  await connected(tenancy, placement, async (client, inTenant) => {
    for (const table of (await readTables(client, placement.schema)).toReversed()) {
      for (let deleted = batch; deleted === batch;) {
        const { rowCount } = await inTenant(() =>
          client.query(
            `delete from ${name(table.name)} where tenant_id = $1 and ctid = any(array(select ctid from ${name(table.name)} where tenant_id = $1 limit ${batch}))`,
            [placement.tenantId],
          ),
        )
        deleted = rowCount ?? 0
      }
    }
  })
}

/** Drops the tenant's dedicated schema or database, and its role. */
export async function dropDedicatedPlacement(
  tenancy: Tenancy,
  placement: Placement,
): Promise<void> {
  if (placement.kind !== 'shared') await unprovision(tenancy, placement.tenantId, placement)
}

/** Runs work in a transaction inside the tenant. */
type InTenant = <T>(work: () => Promise<T>) => Promise<T>

/**
 * Connects to the tenant's database.
 * @param work - Calls `inTenant` for each transaction.
 */
const connected = (
  tenancy: Tenancy,
  { schema, tenantId, epoch, ...placement }: Placement,
  work: (client: pg.Client, inTenant: InTenant) => Promise<void>,
): Promise<void> =>
  unlessAlreadyGone(
    placement,
    withConnection(serviceUrl(tenancy, 'worker', placement), (client) => {
      const inTenant: InTenant = (inner) =>
        withTransaction(
          client,
          async () => {
            await client.query('select tenancy.enter_as_service($1, $2, $3)', [
              tenantId,
              epoch,
              reason,
            ])
            return inner()
          },
          { begin: `begin; set local search_path = ${schema}, pg_temp` },
        )
      return work(client, inTenant)
    }),
  )

/** Ignores the errors of a placement that an earlier run has deleted or started to delete. */
async function unlessAlreadyGone(
  { kind }: Pick<Placement, 'kind'>,
  work: Promise<void>,
): Promise<void> {
  try {
    await work
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // TN409: not the tenant's home; 3D000: no such database; 42501: drop_dedicated_role() has
    // revoked CONNECT
    if (code !== 'TN409' && code !== '3D000' && !(code === '42501' && kind === 'database'))
      throw error
  }
}
