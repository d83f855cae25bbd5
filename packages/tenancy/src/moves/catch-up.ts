import type pg from 'pg'
import { stagingTable, stream, temporaryTable } from '#tenancy/moves/copy'
import { failpoint } from '#tenancy/moves/failpoints'
import type { MoveRun } from '#tenancy/moves/move-run'
import {
  changedKeysQuery,
  rowsByKey,
  tableSql,
  type MovableTable,
} from '#tenancy/moves/tenant-tables'

/** A pass with no more keys than this ends the catch-up. */
const smallPassKeys = 400
const maxPasses = 20

/**
 * Applies the logged changes to the target, pass by pass, until a pass is small. If the tenant
 * keeps writing too fast, the switch applies the rest behind the fence, within its deadline.
 * @returns `rows` is the number of keys applied.
 */
export async function catchUp(run: MoveRun): Promise<{ rows: number }> {
  const tables = await run.tables()
  let total = 0
  for (let pass = 1; pass <= maxPasses; pass++) {
    await run.checkpoint()
    const startedAt = performance.now()
    const keys = await catchUpOnce(run, tables)
    total += keys
    await run.event('catch_up_pass', `pass ${pass}`, {
      rows: keys,
      tookMs: performance.now() - startedAt,
    })
    await run.setStatus(`pass ${pass} applied ${keys} changed keys`)
    if (keys <= smallPassKeys) break
  }
  return { rows: total }
}

/**
 * Runs one pass: reads the changed keys in one snapshot of the source, replaces the target's rows
 * with these keys by the rows of that snapshot, and deletes exactly those log entries. Deletes all
 * rows before inserting any, so that a unique value can pass from one row to another. A pass can be
 * repeated safely, because the log has keys and not operations.
 * @returns The number of keys applied.
 */
export function catchUpOnce(run: MoveRun, tables: MovableTable[]): Promise<number> {
  return run.sameDatabase ? passWithinDatabase(run, tables) : passBetweenDatabases(run, tables)
}

async function passWithinDatabase(run: MoveRun, tables: MovableTable[]): Promise<number> {
  const target = await run.target()
  const keys = await applyWithinDatabase(run, target, tables, { snapshot: true })
  await failpoint('in a pass')
  await target.query('commit')
  return keys
}

/**
 * Runs a pass within the main database. Begins a transaction and leaves it open for the caller.
 * @returns The number of keys applied.
 */
export async function applyWithinDatabase(
  run: MoveRun,
  target: pg.Client,
  tables: MovableTable[],
  { snapshot = false } = {},
): Promise<number> {
  const { tenantId, source } = run.move
  const { changed, keys } = await beginPass(run, target, tables, { snapshot, writes: true })
  if (keys === 0) return 0
  const deletes = changed
    .toReversed()
    .map((table) => deleteByKey(run, table, changedKeysQuery(table, tenantId)))
  const inserts = changed.map((table) => {
    const sql = tableSql(table, tenantId)
    const rows = rowsByKey(table, {
      tenantId,
      schema: source.schema,
      keys: changedKeysQuery(table, tenantId),
      select: sql.columns('s'),
    })
    return insertRows(run, table, rows)
  })
  await target.query([...deletes, ...inserts, clearLog(tenantId)].join(';\n'))
  return keys
}

async function passBetweenDatabases(run: MoveRun, tables: MovableTable[]): Promise<number> {
  const [source, target] = [await run.source(), await run.target()]
  const { tenantId } = run.move
  const { changed, keys } = await beginPass(run, source, tables, { snapshot: true })
  if (keys === 0) {
    await source.query('commit')
    return 0
  }
  const staged = new Map<MovableTable, string>()
  for (const table of changed) staged.set(table, await stagingTable(target, run, table))
  await temporaryTable(target, { name: 'changed', columns: '(table_name text, key text[])' })
  await run.enter(target, 'catch up', { writes: true })
  await stream(
    source,
    target,
    `select distinct table_name, key from tenancy.changed_keys where tenant_id = '${tenantId}'`,
    'pg_temp.changed (table_name, key)',
  )
  for (const [table, staging] of staged) {
    const sql = tableSql(table, tenantId)
    const rows = rowsByKey(table, {
      tenantId,
      schema: run.move.source.schema,
      keys: changedKeysQuery(table, tenantId),
      select: sql.columns('s'),
    })
    await stream(source, target, rows, `${staging} (${sql.columns()})`)
  }
  const deletes = changed
    .toReversed()
    .map((table) =>
      deleteByKey(
        run,
        table,
        `(select key from pg_temp.changed where table_name = '${table.name}')`,
      ),
    )
  const inserts = [...staged].map(([table, staging]) =>
    insertRows(run, table, `select ${tableSql(table, tenantId).columns('p')} from ${staging} as p`),
  )
  await target.query([...deletes, ...inserts].join(';\n'))
  await failpoint('in a pass')
  await target.query('commit')
  await failpoint('pass applied')
  await source.query(`${clearLog(tenantId)}; commit`)
  return keys
}

function deleteByKey({ move }: MoveRun, table: MovableTable, keys: string): string {
  const { schema } = move.target
  const rows = rowsByKey(table, { tenantId: move.tenantId, schema, keys, select: 's.ctid' })
  return `delete from ${tableSql(table, move.tenantId).in(schema)} where ctid = any (array(${rows}))`
}

function insertRows({ move }: MoveRun, table: MovableTable, rows: string): string {
  const sql = tableSql(table, move.tenantId)
  return `insert into ${sql.in(move.target.schema)} (${sql.columns()}) overriding system value ${rows}`
}

/** Begins the transaction of a pass, and reads which tables have changed. */
async function beginPass(
  run: MoveRun,
  client: pg.Client,
  tables: MovableTable[],
  options: { snapshot?: boolean; writes?: boolean },
): Promise<{ changed: MovableTable[]; keys: number }> {
  const query = `select table_name, count(*) as keys from tenancy.changed_keys where tenant_id = '${run.move.tenantId}' group by table_name`
  const rows: { table_name: string; keys: string }[] =
    (await run.enter(client, 'catch up', { ...options, query }))?.rows ?? []
  const changed = tables.filter(({ name }) => rows.some((row) => row.table_name === name))
  return { changed, keys: rows.reduce((sum, row) => sum + Number(row.keys), 0) }
}

// run in the snapshot of the pass, so it deletes only what the pass has read
const clearLog = (tenantId: string) =>
  `delete from tenancy.changed_keys where tenant_id = '${tenantId}'`
