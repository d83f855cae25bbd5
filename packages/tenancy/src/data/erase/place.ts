import pg from 'pg'
import { readTables } from '#db/catalogue'
import { connected } from '#db/connect'
import { countQuery } from '#db/export/pages'
import { newId } from '#db/id'
import { unprovision } from '#db/placements/provision'
import { platform, serviceUrl, type Placement } from '#db/registry'
import { suspensions } from '#db/schema/platform'

const batch = 5000
const reason = 'Erasure'
const name = pg.escapeIdentifier

/** From here on no session gets in, and when this returns none is inside any more. */
export async function closeTheDoor(placement: Placement): Promise<void> {
  await platform()
    .insert(suspensions)
    .values({ id: newId(), tenantId: placement.tenantId, by: 'erasure', reason })
    .onConflictDoNothing()
  await unlessGone(
    placement,
    connected(serviceUrl('worker', placement), async (client) => {
      await client.query('begin')
      await client.query('select pg_advisory_xact_lock(tenancy.lock_key($1))', [placement.tenantId])
      await client.query('commit')
    }),
  )
}

/** How many rows each table holds of this tenant; nothing when its place is already gone. */
export async function countRows(placement: Placement): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  await inside(placement, async (client, enter) => {
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
export async function removeRows(placement: Placement): Promise<void> {
  if (placement.kind !== 'shared') return
  await inside(placement, async (client, enter) => {
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
export async function removePlace(placement: Placement): Promise<void> {
  if (placement.kind !== 'shared') await unprovision(placement.tenantId, placement)
}

/** A connection that can enter the tenant, as often as it has to. */
const inside = (
  placement: Placement,
  work: (client: pg.Client, enter: () => Promise<void>) => Promise<void>,
): Promise<void> =>
  unlessGone(
    placement,
    connected(serviceUrl('worker', placement), (client) =>
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
