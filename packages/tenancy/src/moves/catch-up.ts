import type pg from 'pg'
import { arrivalTable, ownTable, stream } from '#tenancy/moves/copy'
import type { MoveRun } from '#tenancy/moves/move-run'
import { failpoint } from '#tenancy/moves/failpoints'
import { changedKeys, rowsOf, tableSql, type TenantTable } from '#tenancy/moves/tenant-tables'

const fewKeys = 400
const patience = 20

/**
 * Brings the target up to the source, pass by pass, until one is small. Each pass is as of one
 * instant.
 */
export async function catchUp(run: MoveRun): Promise<{ rows: number }> {
  const tables = await run.tables()
  let total = 0
  for (let pass = 1; pass <= patience; pass++) {
    await run.checkpoint()
    const began = performance.now()
    const keys = await catchUpOnce(run, tables)
    total += keys
    await run.event('catch_up_pass', `pass ${pass}`, {
      rows: keys,
      tookMs: performance.now() - began,
    })
    await run.setStatus(`pass ${pass} brought over ${keys} changed keys`)
    // a tenant that writes faster than this is caught up with behind the fence, within its deadline
    if (keys <= fewKeys) break
  }
  return { rows: total }
}

/**
 * Takes the logged keys, all that one snapshot of the source shows, and makes the target's rows of
 * these keys what the source's are in that snapshot; then takes exactly these log rows away. Rows
 * go out before rows come in, so that unique values can change hands. Repeating it after a crash
 * does no harm: what counts is the row, not what was done to it. Returns how many keys there were.
 */
export function catchUpOnce(run: MoveRun, tables: TenantTable[]): Promise<number> {
  return run.sameDatabase ? passWithinDatabase(run, tables) : passBetweenDatabases(run, tables)
}

async function passWithinDatabase(run: MoveRun, tables: TenantTable[]): Promise<number> {
  const target = await run.target()
  const keys = await applyWithinDatabase(run, target, tables, { snapshot: true })
  await failpoint('in a pass')
  await target.query('commit')
  return keys
}

/** The pass itself, in a transaction that it begins and leaves open. */
export async function applyWithinDatabase(
  run: MoveRun,
  target: pg.Client,
  tables: TenantTable[],
  how: { snapshot?: boolean } = {},
): Promise<number> {
  const { tenantId } = run.move
  const { touched, keys } = await logged(run, target, tables, { ...how, writes: true })
  if (keys === 0) return 0
  const out = touched.toReversed().map((table) => {
    const sql = tableSql(table, tenantId)
    return `delete from ${sql.in(run.move.target.schema)} where ctid = any (array(${rowsOf(table, tenantId, run.move.target.schema, changedKeys(table, tenantId), 's.ctid')}))`
  })
  const back = touched.map((table) => {
    const sql = tableSql(table, tenantId)
    return `insert into ${sql.in(run.move.target.schema)} (${sql.columns()}) overriding system value
      ${rowsOf(table, tenantId, run.move.source.schema, changedKeys(table, tenantId), sql.columns('s'))}`
  })
  await target.query([...out, ...back, forget(tenantId)].join(';\n'))
  return keys
}

async function passBetweenDatabases(run: MoveRun, tables: TenantTable[]): Promise<number> {
  const [source, target] = [await run.source(), await run.target()]
  const { tenantId } = run.move
  const { touched, keys } = await logged(run, source, tables, { snapshot: true })
  if (keys === 0) {
    await source.query('commit')
    return 0
  }
  const arriving = new Map<TenantTable, string>()
  for (const table of touched) arriving.set(table, await arrivalTable(target, run, table))
  await ownTable(target, 'touched', '(table_name text, key text[])')
  await run.enter(target, 'catch up', { writes: true })
  await stream(
    source,
    target,
    `select distinct table_name, key from tenancy.changed_keys where tenant_id = '${tenantId}'`,
    'pg_temp.touched (table_name, key)',
  )
  for (const [table, arrived] of arriving) {
    const sql = tableSql(table, tenantId)
    await stream(
      source,
      target,
      rowsOf(
        table,
        tenantId,
        run.move.source.schema,
        changedKeys(table, tenantId),
        sql.columns('s'),
      ),
      `${arrived} (${sql.columns()})`,
    )
  }
  const out = touched.toReversed().map((table) => {
    const sql = tableSql(table, tenantId)
    const keys = `(select key from pg_temp.touched where table_name = '${table.name}')`
    return `delete from ${sql.in(run.move.target.schema)} where ctid = any (array(${rowsOf(table, tenantId, run.move.target.schema, keys, 's.ctid')}))`
  })
  const back = [...arriving].map(([table, arrived]) => {
    const sql = tableSql(table, tenantId)
    return `insert into ${sql.in(run.move.target.schema)} (${sql.columns()}) overriding system value select ${sql.columns('p')} from ${arrived} as p`
  })
  await target.query([...out, ...back].join(';\n'))
  await failpoint('in a pass')
  await target.query('commit')
  await failpoint('pass applied')
  await source.query(`${forget(tenantId)}; commit`)
  return keys
}

/** Begins the transaction of a pass, and sees which tables it has to do with. */
async function logged(
  run: MoveRun,
  client: pg.Client,
  tables: TenantTable[],
  how: { snapshot?: boolean; writes?: boolean },
): Promise<{ touched: TenantTable[]; keys: number }> {
  const counts = `select table_name, count(*) as keys from tenancy.changed_keys where tenant_id = '${run.move.tenantId}' group by table_name`
  const rows: { table_name: string; keys: string }[] =
    (await run.enter(client, 'catch up', how, counts))?.rows ?? []
  const touched = tables.filter(({ name }) => rows.some((row) => row.table_name === name))
  return { touched, keys: rows.reduce((sum, row) => sum + Number(row.keys), 0) }
}

// in the snapshot of the pass: exactly the rows that it has seen, and none that came since
const forget = (tenantId: string) =>
  `delete from tenancy.changed_keys where tenant_id = '${tenantId}'`
