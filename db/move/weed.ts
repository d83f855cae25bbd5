import type { Mover } from '#db/move/mover'
import { ranges, same } from '#db/move/ranges'
import { written, type TenantTable } from '#db/move/tables'

const rangeRows = 5000

/**
 * Takes out of a target that was lived in before whatever is not the same in the source, before the
 * first row is copied: a unique value that has since gone to another row would keep that row out.
 * What changes meanwhile is in the log.
 */
export async function weed(mover: Mover, table: TenantTable): Promise<void> {
  const began = performance.now()
  const gone = await (mover.here ? weedHere(mover, table) : weedAcross(mover, table))
  await mover.event('weeded', table.name, { rows: gone, tookMs: performance.now() - began })
}

async function weedHere(mover: Mover, table: TenantTable): Promise<number> {
  const target = await mover.target()
  const sql = written(table, mover.move.tenantId)
  await mover.enter(target, 'weed', { writes: true })
  await target.query('set local enable_hashjoin = on; set local enable_mergejoin = on')
  const { rowCount } = await target.query(`
    delete from ${sql.in(mover.move.target.schema)} as t
    where ${sql.own('t')} and not exists (
      select from ${sql.in(mover.move.source.schema)} as s
      where ${sql.sameKey('s', 't')} and ${sql.row('s')} = ${sql.row('t')}
    )`)
  await target.query('commit')
  return rowCount ?? 0
}

async function weedAcross(mover: Mover, table: TenantTable): Promise<number> {
  const [source, target] = [await mover.source(), await mover.target()]
  const sql = written(table, mover.move.tenantId)
  await mover.enter(source, 'weed', { snapshot: true })
  await mover.enter(target, 'weed', { writes: true })
  const [here, there] = [
    { client: source, schema: mover.move.source.schema },
    { client: target, schema: mover.move.target.schema },
  ]
  let gone = 0
  for await (const range of ranges(here, there, table, mover.move.tenantId, rangeRows)) {
    if (same(range)) continue
    const { rowCount } = await target.query(
      `delete from ${sql.in(mover.move.target.schema)} as t where ${sql.own('t')} and ${sql.after('t', range.from)} and ${sql.upTo('t', range.to)}`,
    )
    gone += rowCount ?? 0
    await mover.checkpoint()
  }
  await target.query('commit')
  await source.query('commit')
  return gone
}
