import type pg from 'pg'
import type { Checksum } from '#tenancy/moves/errors'
import { tableSql, type MovableTable } from '#tenancy/moves/tenant-tables'

/** Both checksums of the rows after key `from` up to key `to`. Null means unbounded. */
export type KeyRange = {
  from: string[] | null
  to: string[] | null
  source: Checksum
  target: Checksum
}
/** A connection inside a transaction of the tenant, and the schema to read there. */
export type TableReader = { client: pg.Client; schema: string }

type ChecksumRow = { rows: string; sum: string | null }

/** True if both ends have the same rows in a range. */
export const isIdentical = ({ source, target }: KeyRange): boolean =>
  source.rows === target.rows && source.sum === target.sum

/**
 * Compares a table at both ends, one key range at a time. The database sums up the hashes of the
 * rows. The source's keys delimit the ranges. The last range is unbounded, so that rows that only
 * the target has are always found.
 * @param options.size - The number of source rows in a range.
 */
export async function* keyRanges(
  source: TableReader,
  target: TableReader,
  { table, tenantId, size }: { table: MovableTable; tenantId: string; size: number },
): AsyncGenerator<KeyRange> {
  const sql = tableSql(table, tenantId)
  for (let from: string[] | null = null; ;) {
    const {
      rows: [end],
    }: pg.QueryResult<{ key: string[] }> = await source.client.query<{ key: string[] }>(`
      select ${sql.keyText('s')} as key from ${sql.in(source.schema)} as s
      where ${sql.own('s')} and ${sql.after('s', from)} order by ${sql.order('s')} offset ${size - 1} limit 1`)
    const to: string[] | null = end?.key ?? null
    const [sourceSum, targetSum] = await Promise.all(
      [source, target].map(async ({ client, schema }) => {
        const { rows } = await client.query<ChecksumRow>(`
        select count(*) as rows, sum(${sql.hash('t')}::numeric)::text as sum
        from ${sql.in(schema)} as t
        where ${sql.own('t')} and ${sql.after('t', from)} and ${sql.upTo('t', to)}`)
        return checksum(rows[0])
      }),
    )
    yield { from, to, source: sourceSum ?? checksum(), target: targetSum ?? checksum() }
    if (to === null) return
    from = to
  }
}

const checksum = (row?: ChecksumRow): Checksum => ({
  rows: Number(row?.rows ?? 0),
  sum: row?.sum ?? '0',
})
