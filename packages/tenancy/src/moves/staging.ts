import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import copyStreams from 'pg-copy-streams'
import type { MoveRun } from '#tenancy/moves/move-run'
import { tableSql, type MovableTable } from '#tenancy/moves/tenant-tables'

const created = new WeakMap<pg.Client, Set<string>>()

/**
 * Creates a temporary table with the columns of a tenant table, for incoming rows.
 * @param options.indexed - True to look rows up by their primary key.
 * @returns Its qualified name.
 */
export async function stagingTable(
  target: pg.Client,
  run: MoveRun,
  table: MovableTable,
  { indexed = false } = {},
): Promise<string> {
  const sql = tableSql(table, run.move.tenantId)
  const key = ['tenant_id', ...table.key.map((column) => pg.escapeIdentifier(column.name))]
  return temporaryTable(target, {
    // a prefix of the name could be cut off to that of another table
    name: `${indexed ? 'indexed' : 'staging'}_${createHash('md5').update(table.name).digest('hex')}`,
    asQuery: `as select ${sql.allColumns('t')} from ${sql.in(run.move.target.schema)} as t with no data`,
    ...(indexed ? { index: `(${key.join(', ')})` } : {}),
  })
}

/**
 * Creates a temporary table, once per connection. Every commit empties it.
 * @param table - `columns` or `asQuery`: a column list, or a query that has the columns. `index`:
 *   the columns of an index.
 * @returns Its qualified name.
 */
export async function temporaryTable(
  target: pg.Client,
  {
    name,
    columns = '',
    asQuery = '',
    index,
  }: { name: string; columns?: string; asQuery?: string; index?: string },
): Promise<string> {
  const known = created.get(target) ?? new Set()
  created.set(target, known)
  if (!known.has(name))
    await target.query(
      `create temporary table if not exists ${name} ${columns} on commit delete rows ${asQuery}; ${index ? `create index on ${name} ${index}` : ''}`,
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
