import { logKeys } from '#tenancy/moves/change-log'
import { isIdentical, keyRanges } from '#tenancy/moves/key-ranges'
import type { MoveRun } from '#tenancy/moves/move-run'
import { stream, temporaryTable } from '#tenancy/moves/staging'
import { tableSql, type MovableTable } from '#tenancy/moves/tenant-tables'

const rangeRows = 5000

/**
 * Finds rows of the target that remain from an earlier stay of the tenant and differ from the
 * source, and adds their keys to the change log. The catch-up replaces or deletes them. Runs before
 * the first row of the table is copied; later changes are logged by the tenant's own transactions.
 */
export async function logStaleRows(run: MoveRun, table: MovableTable): Promise<void> {
  const startedAt = performance.now()
  const rows = await (run.sameDatabase
    ? logWithinDatabase(run, table)
    : logBetweenDatabases(run, table))
  await run.event('stale_rows_logged', table.name, {
    rows,
    tookMs: performance.now() - startedAt,
  })
}

async function logWithinDatabase(run: MoveRun, table: MovableTable): Promise<number> {
  const target = await run.target()
  const sql = tableSql(table, run.move.tenantId)
  await run.enter(target, 'log stale rows', { writes: true })
  await target.query('set local enable_hashjoin = on; set local enable_mergejoin = on')
  const { rowCount } = await target.query(
    `
    insert into tenancy.changed_keys (tenant_id, table_name, key)
    select t.tenant_id, $1, ${sql.keyText('t')} from ${sql.in(run.move.target.schema)} as t
    where ${sql.own('t')} and not exists (
      select from ${sql.in(run.move.source.schema)} as s
      where ${sql.sameKey('s', 't')} and ${sql.row('s')} = ${sql.row('t')}
    )`,
    [table.name],
  )
  await target.query('commit')
  return rowCount ?? 0
}

async function logBetweenDatabases(run: MoveRun, table: MovableTable): Promise<number> {
  const [source, target] = [await run.source(), await run.target()]
  const sql = tableSql(table, run.move.tenantId)
  const hashes = await temporaryTable(target, {
    name: 'row_hashes',
    columns: '(key text[], hash bigint)',
  })
  await run.enter(source, 'log stale rows', { snapshot: true })
  await run.enter(target, 'log stale rows', { writes: true })
  await target.query('set local enable_hashjoin = on')
  const ranges = keyRanges(
    { client: source, schema: run.move.source.schema },
    { client: target, schema: run.move.target.schema },
    { table, tenantId: run.move.tenantId, size: rangeRows },
  )
  let logged = 0
  for await (const range of ranges) {
    if (isIdentical(range)) continue
    const inRange = (alias: string) =>
      `${sql.own(alias)} and ${sql.after(alias, range.from)} and ${sql.upTo(alias, range.to)}`
    await stream(
      source,
      target,
      `select ${sql.keyText('s')}, ${sql.hash('s')} from ${sql.in(run.move.source.schema)} as s where ${inRange('s')}`,
      `${hashes} (key, hash)`,
    )
    const { rows } = await target.query<{ key: string[] }>(`
      select ${sql.keyText('t')} as key from ${sql.in(run.move.target.schema)} as t
      where ${inRange('t')} and not exists (select from ${hashes} as h where h.key = ${sql.keyText('t')} and h.hash = ${sql.hash('t')})`)
    await logKeys(run, source, table, rows)
    logged += rows.length
    await target.query(`truncate ${hashes}`)
    await run.checkpoint()
  }
  await source.query('commit')
  await target.query('commit')
  return logged
}
