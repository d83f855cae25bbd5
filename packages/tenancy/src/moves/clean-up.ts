import { eq } from 'drizzle-orm'
import type pg from 'pg'
import { reassignMove, markSourceGone, readHome } from '#tenancy/moves/tenant-home'
import { isSameLocation, openConnection, locationName } from '#tenancy/moves/move-ends'
import { drop } from '#tenancy/base/connect'
import { isShared, type MoveRun } from '#tenancy/moves/move-run'
import { TenantStillThere } from '#tenancy/moves/errors'
import { failpoint } from '#tenancy/moves/failpoints'
import { skipIfServerLost } from '#tenancy/moves/retryable'
import { tenantTables, tableSql, type MovableTable } from '#tenancy/moves/tenant-tables'
import { unprovision } from '#tenancy/placements/provision'
import { platform } from '#tenancy/registry/placements'
import { placements } from '#tenancy/base/schema'

const batchRows = 20_000

/**
 * Removes the old copy after a confirmed move, and detaches the tenant's home from the move.
 * @returns `rows` is the number of deleted rows, 0 if a whole schema or database was dropped.
 */
export async function cleanUp(run: MoveRun): Promise<{ rows: number }> {
  const isTargetReachable = await skipIfServerLost(run, 'target', () => assertTargetOpen(run))
  const removed = await skipIfServerLost(run, 'source', () => removeCopy(run, 'source'))
  await failpoint('source removed')
  if (isShared(run.move.source) && !run.sameDatabase) {
    const source = await run.source()
    await markSourceGone(source, run, run.move.source.epoch + 1)
    await reassignMove(source, run, run.move.id, null)
  }
  if (isTargetReachable)
    await skipIfServerLost(run, 'target', async () =>
      reassignMove(await run.target(), run, run.move.id, null),
    )
  return removed ?? { rows: 0 }
}

/** Throws unless the tenant is open in its new location. */
async function assertTargetOpen(run: MoveRun): Promise<true> {
  const placement = await placementRow(run)
  const target = await run.target()
  const { rowCount } = await target.query(
    `select from tenancy.tenant_homes where tenant_id = $1 and state in ('active', 'copying') and epoch = $2`,
    [run.move.tenantId, placement?.epoch],
  )
  if (rowCount !== 1)
    throw new Error(
      `tenant ${run.slug} is not open in its new location under epoch ${placement?.epoch}, so the old copy stays; if a rollback was force-finished, run \`tenant move ${run.slug} --resume\` first`,
    )
  await run.releaseConnections() // they would block migrations of the target during the clean-up
  return true
}

async function placementRow({
  tenancy,
  move,
}: MoveRun): Promise<typeof placements.$inferSelect | undefined> {
  const [placement] = await platform(tenancy)
    .select()
    .from(placements)
    .where(eq(placements.tenantId, move.tenantId))
  return placement
}

/**
 * Removes the tenant's copy at one end: its rows, in batches, from the shared schema, or its whole
 * schema or database along with its role.
 * @returns The number of deleted rows, 0 if a whole schema or database was dropped.
 */
export async function removeCopy(
  run: MoveRun,
  side: 'source' | 'target',
): Promise<{ rows: number }> {
  const end = run.move[side]
  const location = await run.locationOf(side)
  const placement = await placementRow(run)
  if (placement && isSameLocation(placement, end))
    throw new TenantStillThere(run.slug, locationName(location))
  if (!isShared(end)) {
    await run.setStatus(`dropping ${end.database ?? end.schema}`)
    await failpoint('in the clean-up')
    await run.releaseConnections() // a database with connected sessions cannot be dropped
    await unprovision(run.tenancy, run.move.tenantId, location)
    return { rows: 0 }
  }
  const client = await openConnection(run.tenancy, location, `${run.applicationName}, clean-up`)
  try {
    const home = await readHome(client, run)
    return { rows: home ? await deleteRows(run, client, end.schema) : 0 }
  } finally {
    drop(client)
  }
}

/** Deletes the tenant's rows, children first, one batch per transaction. */
async function deleteRows(run: MoveRun, client: pg.Client, schema: string): Promise<number> {
  let deleted = 0
  for (const [table, together] of childrenFirst(await tenantTables(client, schema))) {
    const sql = tableSql(table, run.move.tenantId)
    for (let hasMore = true; hasMore;) {
      if (run.stopping.aborted) await run.checkpoint()
      await run.enter(client, 'clean up', { writes: true, asyncCommit: true })
      const last = together.length > 0 ? undefined : await batchEnd(run, client, { table, schema })
      for (const one of together.length > 0 ? together : [table]) {
        const { rowCount } = await client.query(
          `delete from ${tableSql(one, run.move.tenantId).in(schema)} as t where ${sql.own('t')} and ${sql.upTo('t', last ?? null)}`,
        )
        deleted += rowCount ?? 0
      }
      await failpoint('in the clean-up')
      await client.query('commit')
      hasMore = last !== undefined
      await run.setStatus(`clean-up: ${deleted} rows of the old copy deleted`)
    }
  }
  return deleted
}

/**
 * Orders tables for deletion, each after all that refer to it. Rows that refer to each other are
 * deleted in one transaction, so the tables of a circle come together, with one of them.
 */
function* childrenFirst(tables: MovableTable[]): Generator<[MovableTable, MovableTable[]]> {
  let left = tables.toReversed()
  const isNext = ({ name, circle }: MovableTable) => {
    const group = new Set([name, ...circle])
    return left.every(
      (other) => group.has(other.name) || !other.references.some((one) => group.has(one.table)),
    )
  }
  for (let next = left.find(isNext); next; next = left.find(isNext)) {
    const { name, circle } = next
    yield [next, left.filter((table) => circle.includes(table.name))]
    left = left.filter((table) => table.name !== name && !circle.includes(table.name))
  }
}

/** Reads the key at which a batch ends. Undefined for the last batch. */
async function batchEnd(
  run: MoveRun,
  client: pg.Client,
  { table, schema }: { table: MovableTable; schema: string },
): Promise<string[] | undefined> {
  const sql = tableSql(table, run.move.tenantId)
  const { rows } = await client.query<{ key: string[] }>(
    `select ${sql.keyText('s')} as key from ${sql.in(schema)} as s where ${sql.own('s')} order by ${sql.order('s')} offset ${batchRows - 1} limit 1`,
  )
  return rows[0]?.key
}
