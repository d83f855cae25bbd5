import { eq } from 'drizzle-orm'
import type pg from 'pg'
import { reassignMove, markSourceGone, readHome } from '#tenancy/moves/tenant-home'
import { isSameLocation, openConnection, locationName } from '#tenancy/moves/move-ends'
import { drop } from '#tenancy/base/connect'
import { isShared, type MoveRun } from '#tenancy/moves/move-run'
import { TenantStillThere } from '#tenancy/moves/errors'
import { failpoint } from '#tenancy/moves/failpoints'
import { skipIfServerLost } from '#tenancy/moves/retryable'
import { tenantTables, tableSql } from '#tenancy/moves/tenant-tables'
import { unprovision } from '#tenancy/placements/provision'
import { platform } from '#tenancy/registry/placements'
import { placements } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

const batchRows = 20_000

/** Removes the old copy, and lets the tenant's place go from this move. */
export async function clean(run: MoveRun): Promise<{ rows: number }> {
  const there = await skipIfServerLost(run, 'target', () => assertTargetOpen(run))
  const gone = (await skipIfServerLost(run, 'source', () => empty(run, 'source'))) ?? { rows: 0 }
  await failpoint('source removed')
  if (isShared(run.move.source) && !run.sameDatabase) {
    const source = await run.source()
    await markSourceGone(source, run, run.move.source.epoch + 1)
    await reassignMove(source, run, run.move.id, null)
  }
  if (there)
    await skipIfServerLost(run, 'target', async () =>
      reassignMove(await run.target(), run, run.move.id, null),
    )
  return gone
}

/** The old copy goes when the tenant is let in in its new place, and not before. */
async function assertTargetOpen(run: MoveRun): Promise<true> {
  const home = await homeOf(run.tenancy, run)
  const { rowCount } = await (
    await run.target()
  ).query(
    `select from tenancy.tenant_homes where tenant_id = $1 and state in ('active', 'copying') and epoch = $2`,
    [run.move.tenantId, home?.epoch],
  )
  if (rowCount !== 1)
    throw new Error(
      `tenant ${run.slug} is not let in in its new place, so its old copy stays; if a rollback was force-finished, run \`tenant move ${run.slug} --resume\` first`,
    )
  await run.releaseConnections() // a migration of the new place need not wait for the clean-up of the old one
  return true
}

async function homeOf(
  tenancy: Tenancy,
  { move }: MoveRun,
): Promise<typeof placements.$inferSelect | undefined> {
  const [placement] = await platform(tenancy)
    .select()
    .from(placements)
    .where(eq(placements.tenantId, move.tenantId))
  return placement
}

/**
 * Takes away what is left at one end: rows in batches where others live too, or the whole schema,
 * database and login.
 */
export async function empty(run: MoveRun, side: 'source' | 'target'): Promise<{ rows: number }> {
  const { move } = run
  const end = await run.end(side)
  const home = await homeOf(run.tenancy, run)
  if (home && isSameLocation(home, move[side]))
    throw new TenantStillThere(run.slug, locationName(end))
  if (!isShared(move[side])) {
    await run.setStatus(`dropping ${move[side].database ?? move[side].schema}`)
    await failpoint('in the clean-up')
    await run.releaseConnections() // nobody may be in a database that is dropped
    await unprovision(run.tenancy, move.tenantId, end)
    return { rows: 0 }
  }
  const client = await openConnection(run.tenancy, end, `rowhouse move of ${run.slug}, clean-up`)
  try {
    const known = await readHome(client, run)
    return { rows: known ? await removeRows(run, client, move[side].schema) : 0 }
  } finally {
    drop(client)
  }
}

async function removeRows(run: MoveRun, client: pg.Client, schema: string): Promise<number> {
  let gone = 0
  for (const table of (await tenantTables(client, schema)).toReversed()) {
    const sql = tableSql(table, run.move.tenantId)
    for (let more = true; more;) {
      if (run.stopping.aborted) await run.checkpoint()
      await run.enter(client, 'clean up', { writes: true, lazily: true })
      const {
        rows: [cut],
      } = await client.query<{ key: string[] }>(
        `select ${sql.keyText('s')} as key from ${sql.in(schema)} as s where ${sql.own('s')} order by ${sql.order('s')} offset ${batchRows - 1} limit 1`,
      )
      const { rowCount } = await client.query(
        `delete from ${sql.in(schema)} as t where ${sql.own('t')} and ${sql.upTo('t', cut?.key ?? null)}`,
      )
      await failpoint('in the clean-up')
      await client.query('commit')
      more = cut !== undefined
      gone += rowCount ?? 0
      await run.setStatus(`clean-up: ${gone} rows of the old copy are gone`)
    }
  }
  return gone
}
