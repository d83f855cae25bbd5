import pg from 'pg'
import type { MoveRun } from '#tenancy/moves/move-run'
import type { MovableTable } from '#tenancy/moves/tenant-tables'

const literal = pg.escapeLiteral

/** A subquery with the distinct keys of a table in the change log. */
export const changedKeysQuery = (table: MovableTable, tenantId: string) =>
  `(select distinct key from tenancy.changed_keys where tenant_id = ${literal(tenantId)} and table_name = ${literal(table.name)})`

/** A subquery with the given keys. */
export const keyList = (keys: string[][]) =>
  `(select array(select part from jsonb_array_elements_text(k) with ordinality as parts (part, position) order by position) as key from jsonb_array_elements(${literal(JSON.stringify(keys))}) as k)`

/**
 * Adds keys to the change log of the source, so that the catch-up brings their rows.
 * @param log - A connection to the database with the log, in a transaction of the tenant.
 */
export async function logKeys(
  run: MoveRun,
  log: pg.Client,
  table: MovableTable,
  rows: { key: string[] }[],
): Promise<void> {
  if (rows.length === 0) return
  await log.query(
    `insert into tenancy.changed_keys (tenant_id, table_name, key) select $1, $2, k.key from ${keyList(rows.map(({ key }) => key))} as k`,
    [run.move.tenantId, table.name],
  )
}
