import type { MoveRun } from '#tenancy/moves/move-run'
import { isIdentical, keyRanges } from '#tenancy/moves/key-ranges'
import { tableSql, type MovableTable } from '#tenancy/moves/tenant-tables'

const rangeRows = 5000

/**
 * Deletes rows of the target that remain from an earlier stay of the tenant and differ from the
 * source. Runs before the first row is copied: a stale row could hold a unique value that now
 * belongs to another row. Later changes are in the change log.
 */
export async function deleteStaleRows(run: MoveRun, table: MovableTable): Promise<void> {
  const startedAt = performance.now()
  const rows = await (run.sameDatabase
    ? deleteStaleWithinDatabase(run, table)
    : deleteStaleBetweenDatabases(run, table))
  await run.event('stale_rows_deleted', table.name, {
    rows,
    tookMs: performance.now() - startedAt,
  })
}

async function deleteStaleWithinDatabase(run: MoveRun, table: MovableTable): Promise<number> {
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

async function deleteStaleBetweenDatabases(run: MoveRun, table: MovableTable): Promise<number> {
  const [source, target] = [await run.source(), await run.target()]
  const sql = tableSql(table, run.move.tenantId)
  await run.enter(source, 'delete stale rows', { snapshot: true })
  await run.enter(target, 'delete stale rows', { writes: true })
  const ranges = keyRanges(
    { client: source, schema: run.move.source.schema },
    { client: target, schema: run.move.target.schema },
    { table, tenantId: run.move.tenantId, size: rangeRows },
  )
  let deleted = 0
  for await (const range of ranges) {
    if (isIdentical(range)) continue
    const { rowCount } = await target.query(
      `delete from ${sql.in(run.move.target.schema)} as t where ${sql.own('t')} and ${sql.after('t', range.from)} and ${sql.upTo('t', range.to)}`,
    )
    deleted += rowCount ?? 0
    await run.checkpoint()
  }
  await target.query('commit')
  await source.query('commit')
  return deleted
}
