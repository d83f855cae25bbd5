import type pg from 'pg'
import { logKeys } from '#tenancy/moves/change-log'
import { TableNotMovable } from '#tenancy/moves/errors'
import { isShared, type MoveRun } from '#tenancy/moves/move-run'
import { failpoint } from '#tenancy/moves/failpoints'
import {
  referencesExist,
  tenantTables,
  tableSql,
  type MovableTable,
} from '#tenancy/moves/tenant-tables'
import { logStaleRows } from '#tenancy/moves/log-stale-rows'
import { stagingTable, stream } from '#tenancy/moves/staging'

const chunkRows = 20_000
/** How many levels of a tree are inserted from one chunk. Deeper ones are left to the catch-up. */
const roundsAtMost = 10

type ProgressRow = { last_key: string[] | null; rows: string; done: boolean }
type Chunk = { key: string[] | null; rows: number; done: boolean }
/**
 * A table being copied, and the last copied key. `inTarget` is the table in the target, which has no
 * foreign keys and only unique indexes yet if the move has created it.
 */
type TableCopy = { table: MovableTable; inTarget: MovableTable; last: string[] | null }

/**
 * Copies the rows in key order, one chunk per transaction. Rows and progress commit together.
 *
 * The tenant keeps writing, so a row may refer to one that was written after its table was copied,
 * or have a unique value that an outdated row in the target still has. Such a row is left out, and
 * its key is added to the change log. So after the copy, every key whose rows differ between source
 * and target is in the log.
 * @returns `rows` is the number of rows copied.
 */
export async function copy(run: MoveRun): Promise<{ rows: number }> {
  const startedAt = performance.now()
  let total = 0
  const tables = await run.tables()
  const targetTables = await tenantTables(await run.target(), run.move.target.schema)
  assertSameTables(tables, targetTables)
  for (const table of tables) {
    const inTarget = targetTables.find(({ name }) => name === table.name) ?? table
    const tableStartedAt = performance.now()
    let { key, rows, done } = await resumeTable(run, table)
    while (!done) {
      await run.checkpoint()
      const copyChunk = run.sameDatabase ? copyWithinDatabase : copyBetweenDatabases
      const chunk = await copyChunk(run, { table, inTarget, last: key })
      await failpoint('chunk committed')
      key = chunk.key ?? key
      rows += chunk.rows
      done = chunk.done
      await run.setStatus(`copying ${table.name}`, {
        rowsDone: total + rows,
        rowsPerSecond: Math.round(((total + rows) / (performance.now() - startedAt)) * 1000),
      })
    }
    total += rows
    await run.event('table_copied', table.name, {
      rows,
      tookMs: performance.now() - tableStartedAt,
    })
  }
  await run.setStatus('', { rowsDone: total, rowsPerSecond: null })
  return { rows: total }
}

function assertSameTables(source: MovableTable[], target: MovableTable[]): void {
  for (const table of source) {
    const other = target.find(({ name }) => name === table.name)
    const missing = table.columns.filter((column) => !other?.columns.includes(column))
    if (missing.length > 0)
      throw new TableNotMovable(
        table.name,
        other ? `the target has no column ${missing.join(', ')}` : 'the target has no such table',
      )
  }
}

/**
 * Tells where to continue the copy of a table. If the target still has rows from an earlier stay of
 * the tenant, first logs those that differ from the source.
 */
async function resumeTable(run: MoveRun, table: MovableTable): Promise<Chunk> {
  const target = await run.target()
  const sql = tableSql(table, run.move.tenantId)
  await run.enter(target, 'copy', { writes: true })
  const {
    rows: [progress],
  } = await target.query<ProgressRow>(
    'select last_key, rows, done from tenancy.copy_progress where tenant_id = $1 and move_id = $2 and table_name = $3',
    [run.move.tenantId, run.move.id, table.name],
  )
  const {
    rows: [existing],
  } = await target.query<{ some: boolean }>(
    `select exists (select from ${sql.in(run.move.target.schema)} as t where ${sql.own('t')}) as some`,
  )
  await target.query('commit')
  if (progress) return { key: progress.last_key, rows: Number(progress.rows), done: progress.done }
  if (existing?.some) await logStaleRows(run, table)
  return { key: null, rows: 0, done: false }
}

/** Reads the key at which a chunk ends. Null for the last chunk, which has no upper bound. */
async function chunkEnd(
  run: MoveRun,
  source: pg.Client,
  { table, last }: TableCopy,
): Promise<string[] | null> {
  const sql = tableSql(table, run.move.tenantId)
  const {
    rows: [end],
  } = await source.query<{ key: string[] }>(`
    select ${sql.keyText('s')} as key from ${sql.in(run.move.source.schema)} as s
    where ${sql.own('s')} and ${sql.after('s', last)} order by ${sql.order('s')} offset ${chunkRows - 1} limit 1`)
  return end?.key ?? null
}

/** Copies a chunk when both ends are in the main database. */
async function copyWithinDatabase(run: MoveRun, tableCopy: TableCopy): Promise<Chunk> {
  const target = await run.target()
  await run.enter(target, 'copy', { writes: true, asyncCommit: true, snapshot: true })
  const key = await chunkEnd(run, target, tableCopy)
  const rows = `(${selectChunk(run, tableCopy, key)})`
  return insertChunk(run, tableCopy, { key, rows, log: target })
}

/**
 * Copies a chunk from one database to the other: streams it in binary form into a temporary table,
 * and inserts it from there.
 */
async function copyBetweenDatabases(run: MoveRun, tableCopy: TableCopy): Promise<Chunk> {
  const [source, target] = [await run.source(), await run.target()]
  const columns = tableSql(tableCopy.table, run.move.tenantId).allColumns()
  const staging = await stagingTable(target, run, tableCopy.table)
  await run.enter(source, 'copy', { snapshot: true })
  await run.enter(target, 'copy', { writes: true, asyncCommit: true })
  const key = await chunkEnd(run, source, tableCopy)
  await stream(source, target, selectChunk(run, tableCopy, key), `${staging} (${columns})`)
  return insertChunk(run, tableCopy, { key, rows: staging, log: source })
}

function selectChunk(run: MoveRun, { table, last }: TableCopy, key: string[] | null): string {
  const sql = tableSql(table, run.move.tenantId)
  return `select ${sql.allColumns('s')} from ${sql.in(run.move.source.schema)} as s
    where ${sql.own('s')} and ${sql.after('s', last)} and ${sql.upTo('s', key)} order by ${sql.order('s')}`
}

/**
 * Inserts a chunk, records the progress with it, and commits.
 * @param chunk.rows - The relation with the rows.
 * @param chunk.log - The connection to the database with the change log.
 */
async function insertChunk(
  run: MoveRun,
  { table, inTarget }: TableCopy,
  { key, rows, log }: { key: string[] | null; rows: string; log: pg.Client },
): Promise<Chunk> {
  const target = await run.target()
  const sql = tableSql(table, run.move.tenantId)
  const { schema } = run.move.target
  let inserted = 0
  // each round inserts the rows that refer to those of the round before
  const rounds = inTarget.references.some((one) => one.table === table.name) ? roundsAtMost : 1
  const mayConflict =
    rounds > 1 ||
    isShared(run.move.target) ||
    run.move.rollsBack !== null ||
    inTarget.uniqueColumns.length > 0
  for (let round = 1; round <= rounds && inserted < chunkRows; round++) {
    const { rowCount } = await target.query(`
      insert into ${sql.in(schema)} (${sql.columns()}) overriding system value
      select ${sql.columns('s')} from ${rows} as s where ${referencesExist(inTarget, 's', schema)}
      ${mayConflict ? 'on conflict do nothing' : ''}`)
    inserted += rowCount ?? 0
    if (rowCount === 0) break
  }
  // a chunk that is not the last one has exactly `chunkRows` rows
  if (inserted < chunkRows) {
    const missing = await target.query<{ key: string[] }>(
      `select ${sql.keyText('s')} as key from ${rows} as s where not exists (select from ${sql.in(schema)} as t where ${sql.sameKey('t', 's')} offset 0)`,
    )
    await logKeys(run, log, table, missing.rows)
  }
  // the log commits first, because an extra key in it does no harm
  if (log !== target) await log.query('commit')
  const chunk = { key, rows: inserted, done: key === null }
  await target.query(
    `
    insert into tenancy.copy_progress as p (tenant_id, move_id, table_name, last_key, rows, done)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (tenant_id, move_id, table_name) do update
    set last_key = coalesce(excluded.last_key, p.last_key), rows = p.rows + excluded.rows, done = excluded.done`,
    [run.move.tenantId, run.move.id, table.name, chunk.key, chunk.rows, chunk.done],
  )
  await failpoint('in a chunk')
  // a crash that loses a chunk also loses its progress, but the last chunk of a table must be on
  // disk before the table is reported as copied
  if (chunk.done) await target.query('set local synchronous_commit = on')
  await target.query('commit')
  return chunk
}
