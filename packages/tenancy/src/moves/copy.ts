import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import copyStreams from 'pg-copy-streams'
import { TableNotMovable } from '#tenancy/moves/errors'
import { isShared, type MoveRun } from '#tenancy/moves/move-run'
import { failpoint } from '#tenancy/moves/failpoints'
import { tenantTables, tableSql, type TenantTable } from '#tenancy/moves/tenant-tables'
import { deleteStaleRows } from '#tenancy/moves/delete-stale-rows'

const chunkRows = 20_000

type Cursor = { last_key: string[] | null; rows: string; done: boolean }
type Chunk = { key: string[] | null; rows: number; done: boolean }
type Copied = { table: TenantTable; last: string[] | null; clash: boolean }

/**
 * Copies every row in the order of its key, a chunk a transaction; the cursor is written with the
 * rows, so that neither is there alone.
 */
export async function copy(run: MoveRun): Promise<{ rows: number }> {
  const started = performance.now()
  let total = 0
  const tables = await run.tables()
  sameTables(tables, await tenantTables(await run.target(), run.move.target.schema))
  for (const table of tables) {
    const began = performance.now()
    let { key, rows, done } = await begin(run, table)
    const clash = await mayClash(run, table)
    while (!done) {
      await run.checkpoint()
      const chunk = await (run.sameDatabase ? copyWithinDatabase : copyBetweenDatabases)(run, {
        table,
        last: key,
        clash,
      })
      await failpoint('chunk committed')
      key = chunk.key ?? key
      rows += chunk.rows
      done = chunk.done
      const rate = Math.round(((total + rows) / (performance.now() - started)) * 1000)
      await run.setStatus(`copying ${table.name}`, { rowsDone: total + rows, rowsPerSecond: rate })
    }
    total += rows
    await run.event('table_copied', table.name, { rows, tookMs: performance.now() - began })
  }
  await run.setStatus('', { rowsDone: total, rowsPerSecond: null })
  return { rows: total }
}

function sameTables(source: TenantTable[], target: TenantTable[]): void {
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
 * Where the copy of a table goes on. What an earlier life of the target left behind is made the
 * same as the source first.
 */
async function begin(run: MoveRun, table: TenantTable): Promise<Chunk> {
  const target = await run.target()
  const sql = tableSql(table, run.move.tenantId)
  await run.enter(target, 'copy', { writes: true })
  const {
    rows: [cursor],
  } = await target.query<Cursor>(
    'select last_key, rows, done from tenancy.copy_progress where tenant_id = $1 and move_id = $2 and table_name = $3',
    [run.move.tenantId, run.move.id, table.name],
  )
  const {
    rows: [left],
  } = await target.query<{ some: boolean }>(
    `select exists (select from ${sql.in(run.move.target.schema)} as t where ${sql.own('t')}) as some`,
  )
  await target.query('commit')
  if (cursor) return { key: cursor.last_key, rows: Number(cursor.rows), done: cursor.done }
  if (left?.some) await deleteStaleRows(run, table)
  return { key: null, rows: 0, done: false }
}

/**
 * True where a row in the target may keep another out: the same row, where the tenant has lived
 * before; or one with a unique value that has gone, while rows were copied, from a row that came
 * early to one that comes late. The late one then comes with the log. In a place that this move has
 * made no such index is built before the rows are there.
 */
async function mayClash(run: MoveRun, table: TenantTable): Promise<boolean> {
  if (isShared(run.move.target) || run.move.rollsBack !== null) return true
  const {
    rows: [row],
  } = await (
    await run.target()
  ).query<{ some: boolean }>(
    `
    select exists (
      select from pg_catalog.pg_index as x
      where x.indrelid = $1::regclass and not x.indisprimary and (x.indisunique or x.indisexclusion)
    ) as some`,
    [tableSql(table, run.move.tenantId).in(run.move.target.schema)],
  )
  return row?.some ?? true
}

/** The key at which a chunk ends; null for the last one, which goes to the end of the table. */
async function cut(
  run: MoveRun,
  source: pg.Client,
  { table, last }: Copied,
): Promise<string[] | null> {
  const sql = tableSql(table, run.move.tenantId)
  const {
    rows: [end],
  } = await source.query<{ key: string[] }>(`
    select ${sql.keyText('s')} as key from ${sql.in(run.move.source.schema)} as s
    where ${sql.own('s')} and ${sql.after('s', last)} order by ${sql.order('s')} offset ${chunkRows - 1} limit 1`)
  return end?.key ?? null
}

/** Both ends in one database: one statement moves the rows. */
async function copyWithinDatabase(run: MoveRun, copied: Copied): Promise<Chunk> {
  const target = await run.target()
  await run.enter(target, 'copy', { writes: true, lazily: true })
  const key = await cut(run, target, copied)
  return put(run, target, copied, key, part(run, copied, key))
}

/**
 * Two databases: rows stream from one to the other in the binary form, by way of a table that only
 * this connection has.
 */
async function copyBetweenDatabases(run: MoveRun, copied: Copied): Promise<Chunk> {
  const [source, target] = [await run.source(), await run.target()]
  const columns = tableSql(copied.table, run.move.tenantId).columns()
  const arrived = await arrivalTable(target, run, copied.table)
  await run.enter(source, 'copy')
  await run.enter(target, 'copy', { writes: true, lazily: true })
  const key = await cut(run, source, copied)
  await stream(source, target, part(run, copied, key), `${arrived} (${columns})`)
  await source.query('commit')
  return put(run, target, copied, key, `select ${columns} from ${arrived}`)
}

function part(run: MoveRun, { table, last }: Copied, key: string[] | null): string {
  const sql = tableSql(table, run.move.tenantId)
  return `select ${sql.columns('s')} from ${sql.in(run.move.source.schema)} as s
    where ${sql.own('s')} and ${sql.after('s', last)} and ${sql.upTo('s', key)} order by ${sql.order('s')}`
}

async function put(
  run: MoveRun,
  target: pg.Client,
  { table, clash }: Copied,
  key: string[] | null,
  rows: string,
): Promise<Chunk> {
  const sql = tableSql(table, run.move.tenantId)
  const { rowCount } = await target.query(
    `insert into ${sql.in(run.move.target.schema)} (${sql.columns()}) overriding system value ${rows} ${clash ? 'on conflict do nothing' : ''}`,
  )
  return recordChunk(run, target, table, { key, rows: rowCount ?? 0, done: key === null })
}

async function recordChunk(
  run: MoveRun,
  target: pg.Client,
  table: TenantTable,
  chunk: Chunk,
): Promise<Chunk> {
  await target.query(
    `
    insert into tenancy.copy_progress as a (tenant_id, move_id, table_name, last_key, rows, done)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (tenant_id, move_id, table_name) do update
    set last_key = coalesce(excluded.last_key, a.last_key), rows = a.rows + excluded.rows, done = excluded.done`,
    [run.move.tenantId, run.move.id, table.name, chunk.key, chunk.rows, chunk.done],
  )
  await failpoint('in a chunk')
  // a chunk that a crash takes back takes its cursor along; the last one of a table is on disk
  // before its end is reported
  if (chunk.done) await target.query('set local synchronous_commit = on')
  await target.query('commit')
  return chunk
}

const prepared = new WeakMap<pg.Client, Set<string>>()

/**
 * A table of this connection alone, emptied by each commit, for rows of one table on their way in.
 */
export async function arrivalTable(
  target: pg.Client,
  run: MoveRun,
  table: TenantTable,
): Promise<string> {
  const sql = tableSql(table, run.move.tenantId)
  const like = `as select ${sql.columns('t')} from ${sql.in(run.move.target.schema)} as t with no data`
  return ownTable(target, pg.escapeIdentifier(`arriving_${table.name}`.slice(0, 60)), '', like)
}

/** A table of this connection alone, emptied by each commit; made once. */
export async function ownTable(
  target: pg.Client,
  name: string,
  columns: string,
  like = '',
): Promise<string> {
  const known = prepared.get(target) ?? new Set()
  prepared.set(target, known)
  if (!known.has(name))
    await target.query(
      `create temporary table if not exists ${name} ${columns} on commit delete rows ${like}`,
    )
  known.add(name)
  return `pg_temp.${name}`
}

/** Streams the rows of a query into a table of another connection. */
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
