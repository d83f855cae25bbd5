import pg from 'pg'
import { changedKeysQuery, keyList } from '#tenancy/moves/change-log'
import { failpoint } from '#tenancy/moves/failpoints'
import type { MoveRun } from '#tenancy/moves/move-run'
import { stagingTable, stream, temporaryTable } from '#tenancy/moves/staging'
import { referenceJoin, rowsByKey, tableSql, type MovableTable } from '#tenancy/moves/tenant-tables'

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
 * Runs one pass: reads the changed keys in one snapshot of the source, gives the target the rows of
 * that snapshot with these keys, and deletes exactly those log entries. A pass can be repeated
 * safely, because the log has keys and not operations.
 *
 * Foreign keys and unique indexes are active in the target, so a pass deletes first, children
 * before parents, and then inserts or updates, parents before children. It deletes the rows that
 * the source no longer has, and those whose unique values have changed, so that a value can pass
 * from one row to another. It also deletes the rows that refer to a deleted row, and reads and
 * inserts them again, so that no `on delete` action touches a row that the pass does not write.
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
  await createKeyTables(target)
  const { changed, keys } = await beginPass(run, target, tables, { snapshot, writes: true })
  if (keys === 0) return 0
  const isReplaced = await findReplaced(run, target, {
    before: `insert into pg_temp.changed ${loggedKeys(tenantId)}`,
    changed,
    affected: withDescendants(changed, tables),
    sourceOf: (table) => tableSql(table, tenantId).in(source.schema),
  })
  const rows = (table: MovableTable) =>
    `(${rowsByKey(table, {
      tenantId,
      schema: source.schema,
      keys: keysIn('changed', table),
      select: tableSql(table, tenantId).allColumns('s'),
    })})`
  await target.query(
    [
      'insert into pg_temp.changed select table_name, key from pg_temp.replaced except select table_name, key from pg_temp.changed',
      ...applyTo(run, tables, { changed, isReplaced, rows }),
      clearLog(tenantId),
    ].join(';\n'),
  )
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
  const affected = withDescendants(changed, tables)
  const staged = new Map<MovableTable, string>()
  for (const table of affected)
    staged.set(table, await stagingTable(target, run, table, { indexed: true }))
  await createKeyTables(target)
  await run.enter(target, 'catch up', { writes: true })
  const stagingOf = (table: MovableTable) => staged.get(table) ?? ''
  const fetchRows = (table: MovableTable, rowKeys: string) =>
    stream(
      source,
      target,
      rowsByKey(table, {
        tenantId,
        schema: run.move.source.schema,
        keys: rowKeys,
        select: tableSql(table, tenantId).allColumns('s'),
      }),
      `${stagingOf(table)} (${tableSql(table, tenantId).allColumns()})`,
    )
  await stream(source, target, loggedKeys(tenantId), 'pg_temp.changed (table_name, key)')
  for (const table of changed) await fetchRows(table, changedKeysQuery(table, tenantId))
  const isReplaced = await findReplaced(run, target, { changed, affected, sourceOf: stagingOf })
  for (const table of affected.filter(isReplaced)) {
    const { rows } = await target.query<{ key: string[] }>(
      `select key from ${keysIn('replaced', table)} as r except select key from ${keysIn('changed', table)} as c`,
    )
    if (rows.length > 0) await fetchRows(table, keyList(rows.map(({ key }) => key)))
  }
  await target.query(applyTo(run, tables, { changed, isReplaced, rows: stagingOf }).join(';\n'))
  await failpoint('in a pass')
  await target.query('commit')
  await failpoint('pass applied')
  await source.query(`${clearLog(tenantId)}; commit`)
  return keys
}

/** Creates tables for the keys of changed rows, and of those that are deleted and inserted again. */
async function createKeyTables(target: pg.Client): Promise<void> {
  for (const name of ['changed', 'replaced'])
    await temporaryTable(target, { name, columns: '(table_name text, key text[])' })
}

const keysIn = (name: 'changed' | 'replaced', table: MovableTable) =>
  `(select key from pg_temp.${name} where table_name = ${pg.escapeLiteral(table.name)})`

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

/** Some tables and those that refer to them, directly or through others, in the order of `tables`. */
function withDescendants(some: MovableTable[], tables: MovableTable[]): MovableTable[] {
  const names = new Set(some.map(({ name }) => name))
  for (let size = 0; size < names.size;) {
    size = names.size
    for (const { name, references } of tables)
      if (references.some(({ table }) => names.has(table))) names.add(name)
  }
  return tables.filter(({ name }) => names.has(name))
}

type Changes = {
  /** A statement to send in the same message. */
  before?: string
  changed: MovableTable[]
  /** The changed tables and those that refer to them. */
  affected: MovableTable[]
  /** The relation that has a table's current rows. */
  sourceOf: (table: MovableTable) => string
}

/**
 * Finds the target's rows that must be deleted before others are written, and puts their keys into
 * `pg_temp.replaced`.
 * @returns Whether a table has such rows.
 */
async function findReplaced(
  { move }: MoveRun,
  target: pg.Client,
  { before = 'select', changed, affected, sourceOf }: Changes,
): Promise<(table: MovableTable) => boolean> {
  const { tenantId } = move
  const inTarget = (table: MovableTable) => tableSql(table, tenantId).in(move.target.schema)
  const name = (table: { name: string }) => pg.escapeLiteral(table.name)
  const first = changed.map((table) => {
    const sql = tableSql(table, tenantId)
    const differs =
      table.uniqueColumns.length > 0 ? `or ${sql.uniqueRow('s')} <> ${sql.uniqueRow('t')}` : ''
    return `
      select k.table_name, k.key from pg_temp.changed as k
      cross join lateral (select t.* from ${inTarget(table)} as t where ${sql.own('t')} and ${sql.has('t', 'k')} offset 0) as t
      left join lateral (select s.* from ${sourceOf(table)} as s where ${sql.own('s')} and ${sql.has('s', 'k')} offset 0) as s on true
      where k.table_name = ${name(table)} and (s.tenant_id is null ${differs})`
  })
  const children = affected.flatMap((child) =>
    child.references.flatMap((reference) =>
      affected
        .filter((parent) => parent.name === reference.table)
        .map((parent) => {
          const [ofParent, ofChild] = [tableSql(parent, tenantId), tableSql(child, tenantId)]
          return `
            select ${name(child)} as table_name, ${ofChild.keyText('c')} as key
            from (select p.* from ${inTarget(parent)} as p where ${ofParent.own('p')} and ${ofParent.has('p', 'r')} offset 0) as p
            cross join lateral (select c.* from ${inTarget(child)} as c where ${ofChild.own('c')} and ${referenceJoin(reference, 'c', 'p')} offset 0) as c
            where r.table_name = ${name(parent)}`
        }),
    ),
  )
  const closure =
    children.length === 0
      ? ''
      : `union select c.table_name, c.key from found as r cross join lateral (${children.join(' union all ')}) as c`
  const results: unknown = await target.query(`${before};
    with recursive found (table_name, key) as ((${first.join(' union all ')}) ${closure})
    insert into pg_temp.replaced select table_name, key from found;
    select distinct table_name from pg_temp.replaced`)
  const last = (results as pg.QueryResult<{ table_name: string }>[]).at(-1)
  const names = new Set(last?.rows.map((row) => row.table_name))
  return (table) => names.has(table.name)
}

/** The statements that write to the target. */
function applyTo(
  { move }: MoveRun,
  tables: MovableTable[],
  {
    changed,
    isReplaced,
    rows,
  }: {
    changed: MovableTable[]
    isReplaced: (table: MovableTable) => boolean
    /** The relation that has a table's rows to write. */
    rows: (table: MovableTable) => string
  },
): string[] {
  const { tenantId } = move
  const { schema } = move.target
  const deletes = tables
    .filter(isReplaced)
    .toReversed()
    .map((table) => {
      const keys = keysIn('replaced', table)
      const ids = rowsByKey(table, { tenantId, schema, keys, select: 's.ctid' })
      return `delete from ${tableSql(table, tenantId).in(schema)} where ctid = any (array(${ids}))`
    })
  const upserts = tables
    .filter((table) => changed.includes(table) || isReplaced(table))
    .map((table) => {
      const sql = tableSql(table, tenantId)
      // Several keys may find the same row: the log has times in another form than a query, and equal
      // numbers may be written as 1.0 and 1.00.
      return `insert into ${sql.in(schema)} (${sql.columns()}) overriding system value
        select distinct on (${sql.order('n')}) ${sql.columns('n')} from ${rows(table)} as n ${sql.upsert}`
    })
  return [...deletes, ...upserts]
}

const loggedKeys = (tenantId: string) =>
  `select distinct table_name, key from tenancy.changed_keys where tenant_id = '${tenantId}'`

// run in the snapshot of the pass, so it deletes only what the pass has read
const clearLog = (tenantId: string) =>
  `delete from tenancy.changed_keys where tenant_id = '${tenantId}'`
