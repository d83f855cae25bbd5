import { eq } from 'drizzle-orm'
import type pg from 'pg'
import { handOver, finishLeaving, residentIn } from '#db/move/capture'
import { drop, isSamePlace, openEnd, placeName } from '#db/move/ends'
import { isShared, type Mover } from '#db/move/mover'
import { moment } from '#db/move/moments'
import { unlessAbandoned } from '#db/move/passing'
import { tenantTables, written } from '#db/move/tables'
import { unprovision } from '#db/placements/provision'
import { platform } from '#db/registry'
import { placements } from '#db/schema/platform'

const batchRows = 20_000

/** Removes the old copy, and lets the tenant's place go from this move. */
export async function clean(mover: Mover): Promise<{ rows: number }> {
  const there = await unlessAbandoned(mover, 'target', () => assertLetIn(mover))
  const gone = (await unlessAbandoned(mover, 'source', () => empty(mover, 'source'))) ?? { rows: 0 }
  await moment('source away')
  if (isShared(mover.move.source) && !mover.here) {
    const source = await mover.source()
    await finishLeaving(source, mover, mover.move.source.epoch + 1)
    await handOver(source, mover, mover.move.id, null)
  }
  if (there)
    await unlessAbandoned(mover, 'target', async () =>
      handOver(await mover.target(), mover, mover.move.id, null),
    )
  return gone
}

/** The old copy goes when the tenant is let in in its new place, and not before. */
async function assertLetIn(mover: Mover): Promise<true> {
  const home = await homeOf(mover)
  const { rowCount } = await (
    await mover.target()
  ).query(
    `select from tenancy.residents where tenant_id = $1 and state in ('active', 'copying') and epoch = $2`,
    [mover.move.tenantId, home?.epoch],
  )
  if (rowCount !== 1)
    throw new Error(
      `tenant ${mover.slug} is not let in in its new place, so its old copy stays; where a way back was abandoned, \`tenant move ${mover.slug} --tidy\` ends it`,
    )
  await mover.letGo() // a migration of the new place need not wait for the clean-up of the old one
  return true
}

async function homeOf({ move }: Mover): Promise<typeof placements.$inferSelect | undefined> {
  const [placement] = await platform()
    .select()
    .from(placements)
    .where(eq(placements.tenantId, move.tenantId))
  return placement
}

/**
 * Takes away what is left at one end: rows in batches where others live too, or the whole schema,
 * database and login.
 */
export async function empty(mover: Mover, side: 'source' | 'target'): Promise<{ rows: number }> {
  const { move } = mover
  const end = await mover.end(side)
  const home = await homeOf(mover)
  if (home && isSamePlace(home, move[side]))
    throw new Error(
      `tenant ${mover.slug} lives in ${placeName(end)}, so nothing of it is taken away`,
    )
  if (!isShared(move[side])) {
    await mover.note(`dropping ${move[side].database ?? move[side].schema}`)
    await moment('in the clean-up')
    await mover.letGo() // nobody may be in a database that is dropped
    await unprovision(move.tenantId, end)
    return { rows: 0 }
  }
  const client = await openEnd(end, `rowhouse move of ${mover.slug}, clean-up`)
  try {
    const known = await residentIn(client, mover)
    return { rows: known ? await removeRows(mover, client, move[side].schema) : 0 }
  } finally {
    drop(client)
  }
}

async function removeRows(mover: Mover, client: pg.Client, schema: string): Promise<number> {
  let gone = 0
  for (const table of (await tenantTables(client, schema)).toReversed()) {
    const sql = written(table, mover.move.tenantId)
    for (let more = true; more;) {
      if (mover.stopping.aborted) await mover.checkpoint()
      await mover.enter(client, 'clean up', { writes: true, lazily: true })
      const {
        rows: [cut],
      } = await client.query<{ key: string[] }>(
        `select ${sql.keyText('s')} as key from ${sql.in(schema)} as s where ${sql.own('s')} order by ${sql.order('s')} offset ${batchRows - 1} limit 1`,
      )
      const { rowCount } = await client.query(
        `delete from ${sql.in(schema)} as t where ${sql.own('t')} and ${sql.upTo('t', cut?.key ?? null)}`,
      )
      await moment('in the clean-up')
      await client.query('commit')
      more = cut !== undefined
      gone += rowCount ?? 0
      await mover.note(`clean-up: ${gone} rows of the old copy are gone`)
    }
  }
  return gone
}
