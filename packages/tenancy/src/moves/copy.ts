import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import copyStreams from 'pg-copy-streams'
import { TableNotMovable } from '#tenancy/moves/errors'
import { isShared, type MoveRun } from '#tenancy/moves/move-run'
import { failpoint } from '#tenancy/moves/failpoints'
import { tenantTables, tableSql, type MovableTable } from '#tenancy/moves/tenant-tables'
import { deleteStaleRows } from '#tenancy/moves/delete-stale-rows'

const chunkRows = 20_000

type ProgressRow = { last_key: string[] | null; rows: string; done: boolean }
type Chunk = { key: string[] | null; rows: number; done: boolean }
/** A table being copied: the last copied key, and whether rows in the target may conflict. */
type TableCopy = { table: MovableTable; last: string[] | null; mayConflict: boolean }

/**
 * Copies every row in key order, one chunk per transaction. Rows and progress commit together.
 * @returns `rows` is the number of rows copied.
 */
export async function copy(run: MoveRun): Promise<{ rows: number }> {
  const startedAt = performance.now()
  let total = 0
  const tables = await run.tables()
  assertSameTables(tables, await tenantTables(await run.target(), run.move.target.schema))
  for (const table of tables) {
    const tableStartedAt = performance.now()
    let { key, rows, done } = await resumeTable(run, table)
    const mayConflict = await mayRowsConflict(run, table)
    while (!done) {
      await run.checkpoint()
      const copyChunk = run.sameDatabase ? copyWithinDatabase : copyBetweenDatabases
      const chunk = await copyChunk(run, { table, last: key, mayConflict })
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
 * the tenant, first deletes those that differ from the source.
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
  if (existing?.some) await deleteStaleRows(run, table)
  return { key: null, rows: 0, done: false }
}

/**
 * True if a row in the target may conflict with one from the source. It may be the same row, if the
 * tenant was there before, or a row whose unique value has since passed to a row with a later key;
 * the change log has that later row. A target that this move created has no unique indexes besides
 * its primary keys until all rows are copied.
 */
async function mayRowsConflict(run: MoveRun, table: MovableTable): Promise<boolean> {
  if (isShared(run.move.target) || run.move.rollsBack !== null) return true
  const target = await run.target()
  const {
    rows: [row],
  } = await target.query<{ some: boolean }>(
    `
    select exists (
      select from pg_catalog.pg_index as x
      where x.indrelid = $1::regclass and not x.indisprimary and (x.indisunique or x.indisexclusion)
    ) as some`,
    [tableSql(table, run.move.tenantId).in(run.move.target.schema)],
  )
  return row?.some ?? true
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

/** Copies a chunk with one statement, when both ends are in the main database. */
async function copyWithinDatabase(run: MoveRun, tableCopy: TableCopy): Promise<Chunk> {
  const target = await run.target()
  await run.enter(target, 'copy', { writes: true, asyncCommit: true })
  const key = await chunkEnd(run, target, tableCopy)
  return insertChunk(run, tableCopy, key, selectChunk(run, tableCopy, key))
}

/**
 * Copies a chunk from one database to the other: streams it in binary form into a temporary table,
 * and inserts it from there.
 */
async function copyBetweenDatabases(run: MoveRun, tableCopy: TableCopy): Promise<Chunk> {
  const [source, target] = [await run.source(), await run.target()]
  const columns = tableSql(tableCopy.table, run.move.tenantId).columns()
  const staging = await stagingTable(target, run, tableCopy.table)
  await run.enter(source, 'copy')
  await run.enter(target, 'copy', { writes: true, asyncCommit: true })
  const key = await chunkEnd(run, source, tableCopy)
  await stream(source, target, selectChunk(run, tableCopy, key), `${staging} (${columns})`)
  await source.query('commit')
  return insertChunk(run, tableCopy, key, `select ${columns} from ${staging}`)
}

function selectChunk(run: MoveRun, { table, last }: TableCopy, key: string[] | null): string {
  const sql = tableSql(table, run.move.tenantId)
  return `select ${sql.columns('s')} from ${sql.in(run.move.source.schema)} as s
    where ${sql.own('s')} and ${sql.after('s', last)} and ${sql.upTo('s', key)} order by ${sql.order('s')}`
}

/** Inserts a chunk, records the progress with it, and commits. */
async function insertChunk(
  run: MoveRun,
  { table, mayConflict }: TableCopy,
  key: string[] | null,
  rows: string,
): Promise<Chunk> {
  const target = await run.target()
  const sql = tableSql(table, run.move.tenantId)
  const { rowCount } = await target.query(
    `insert into ${sql.in(run.move.target.schema)} (${sql.columns()}) overriding system value ${rows} ${mayConflict ? 'on conflict do nothing' : ''}`,
  )
  const chunk = { key, rows: rowCount ?? 0, done: key === null }
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

const created = new WeakMap<pg.Client, Set<string>>()

/**
 * Creates a temporary table with the columns of a tenant table, for incoming rows.
 * @returns Its qualified name.
 */
export async function stagingTable(
  target: pg.Client,
  run: MoveRun,
  table: MovableTable,
): Promise<string> {
  const sql = tableSql(table, run.move.tenantId)
  return temporaryTable(target, {
    name: pg.escapeIdentifier(`staging_${table.name}`.slice(0, 60)),
    asQuery: `as select ${sql.columns('t')} from ${sql.in(run.move.target.schema)} as t with no data`,
  })
}

/**
 * Creates a temporary table, once per connection. Every commit empties it.
 * @param table - `columns` or `asQuery`: a column list, or a query that has the columns.
 * @returns Its qualified name.
 */
export async function temporaryTable(
  target: pg.Client,
  { name, columns = '', asQuery = '' }: { name: string; columns?: string; asQuery?: string },
): Promise<string> {
  const known = created.get(target) ?? new Set()
  created.set(target, known)
  if (!known.has(name))
    await target.query(
      `create temporary table if not exists ${name} ${columns} on commit delete rows ${asQuery}`,
    )
  known.add(name)
  return `pg_temp.${name}`
}

/**
 * Streams the rows of a query into a table of another database.
 * @param into - The target table with its column list.
 */
export async function stream(
  source: pg.Client,
  target: pg.Client,
  query: string,
  into: string,
): Promise<void> {
  const reader = source.query(copyStreams.to(`copy (${query}) to stdout (format binary)`))
  const writer = target.query(copyStreams.from(`copy ${into} from stdin (format binary)`))
  await pipeline(reader, writer)
}
