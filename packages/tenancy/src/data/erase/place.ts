import pg from 'pg'
import { readTables } from '#tenancy/base/catalogue'
import { withConnection } from '#tenancy/base/connect'
import { countQuery } from '#tenancy/data/export/pages'
import { newId } from '#tenancy/base/ids'
import { unprovision } from '#tenancy/placements/provision'
import { platform, serviceUrl, type Placement } from '#tenancy/registry/placements'
import { suspensions } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

const batch = 5000
const reason = 'Erasure'
const name = pg.escapeIdentifier

/** From here on no caller is admitted, and when this returns no transaction is inside any more. */
export async function denyEntry(tenancy: Tenancy, placement: Placement): Promise<void> {
  await platform(tenancy)
    .insert(suspensions)
    .values({ id: newId(), tenantId: placement.tenantId, by: 'erasure', reason })
    .onConflictDoNothing()
  await unlessGone(
    placement,
    withConnection(serviceUrl(tenancy, 'worker', placement), async (client) => {
      await client.query('begin')
      await client.query('select pg_advisory_xact_lock(tenancy.lock_key($1))', [placement.tenantId])
      await client.query('commit')
    }),
  )
}

/** How many rows each table holds of this tenant; nothing when its place is already gone. */
export async function countRows(
  tenancy: Tenancy,
  placement: Placement,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  await inside(tenancy, placement, async (client, enter) => {
    const tables = await readTables(client, placement.schema)
    await enter()
    for (const table of tables)
      counts[`rows of ${table.name}`] =
        (await client.query<{ rows: number }>(countQuery(table), [placement.tenantId])).rows[0]
          ?.rows ?? 0
    await client.query('commit')
  })
  return counts
}

/**
 * Deletes the tenant's rows, those that refer to others first. A private place is dropped as a
 * whole instead.
 */
export async function removeRows(tenancy: Tenancy, placement: Placement): Promise<void> {
  if (placement.kind !== 'shared') return
  await inside(tenancy, placement, async (client, enter) => {
    for (const table of (await readTables(client, placement.schema)).toReversed()) {
      for (let gone = batch; gone === batch;) {
        await enter()
        const { rowCount } = await client.query(
          `delete from ${name(table.name)} where tenant_id = $1 and ctid = any(array(select ctid from ${name(table.name)} where tenant_id = $1 limit ${batch}))`,
          [placement.tenantId],
        )
        await client.query('commit')
        gone = rowCount ?? 0
      }
    }
  })
}

/** Drops the schema, the database and the login that were the tenant's own. */
export async function removePlace(tenancy: Tenancy, placement: Placement): Promise<void> {
  if (placement.kind !== 'shared') await unprovision(tenancy, placement.tenantId, placement)
}

/** A connection that can enter the tenant, as often as it has to. */
const inside = (
  tenancy: Tenancy,
  placement: Placement,
  work: (client: pg.Client, enter: () => Promise<void>) => Promise<void>,
): Promise<void> =>
  unlessGone(
    placement,
    withConnection(serviceUrl(tenancy, 'worker', placement), (client) =>
      work(client, async () => {
        await client.query(`begin; set local search_path = ${placement.schema}, pg_temp`)
        await client.query('select tenancy.enter_as_service($1, $2, $3)', [
          placement.tenantId,
          placement.epoch,
          reason,
        ])
      }),
    ),
  )

/** In a place that an earlier run has taken away, or has begun to, there is nothing to do. */
async function unlessGone({ kind }: Placement, work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // not here; no such database; one that drop_login() has shut to the worker
    if (code !== 'TN409' && code !== '3D000' && !(code === '42501' && kind === 'database'))
      throw error
  }
}
