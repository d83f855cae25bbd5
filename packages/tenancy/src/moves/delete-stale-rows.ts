import type { MoveRun } from '#tenancy/moves/move-run'
import { ranges, same } from '#tenancy/moves/key-ranges'
import { tableSql, type TenantTable } from '#tenancy/moves/tenant-tables'

const rangeRows = 5000

/**
 * Takes out of a target that was lived in before whatever is not the same in the source, before the
 * first row is copied: a unique value that has since gone to another row would keep that row out.
 * What changes meanwhile is in the log.
 */
export async function deleteStaleRows(run: MoveRun, table: TenantTable): Promise<void> {
  const began = performance.now()
  const gone = await (run.sameDatabase
    ? deleteStaleWithinDatabase(run, table)
    : deleteStaleBetweenDatabases(run, table))
  await run.event('stale_rows_deleted', table.name, {
    rows: gone,
    tookMs: performance.now() - began,
  })
}

async function deleteStaleWithinDatabase(run: MoveRun, table: TenantTable): Promise<number> {
  const target = await run.target()
  const sql = tableSql(table, run.move.tenantId)
  await run.enter(target, 'delete stale rows', { writes: true })
  await target.query('set local enable_hashjoin = on; set local enable_mergejoin = on')
  const { rowCount } = await target.query(`
    delete from ${sql.in(run.move.target.schema)} as t
    where ${sql.own('t')} and not exists (
      select from ${sql.in(run.move.source.schema)} as s
      where ${sql.sameKey('s', 't')} and ${sql.row('s')} = ${sql.row('t')}
    )`)
  await target.query('commit')
  return rowCount ?? 0
}

async function deleteStaleBetweenDatabases(run: MoveRun, table: TenantTable): Promise<number> {
  const [source, target] = [await run.source(), await run.target()]
  const sql = tableSql(table, run.move.tenantId)
  await run.enter(source, 'delete stale rows', { snapshot: true })
  await run.enter(target, 'delete stale rows', { writes: true })
  const [here, there] = [
    { client: source, schema: run.move.source.schema },
    { client: target, schema: run.move.target.schema },
  ]
  let gone = 0
  for await (const range of ranges(here, there, table, run.move.tenantId, rangeRows)) {
    if (same(range)) continue
    const { rowCount } = await target.query(
      `delete from ${sql.in(run.move.target.schema)} as t where ${sql.own('t')} and ${sql.after('t', range.from)} and ${sql.upTo('t', range.to)}`,
    )
    gone += rowCount ?? 0
    await run.checkpoint()
  }
  await target.query('commit')
  await source.query('commit')
  return gone
}
