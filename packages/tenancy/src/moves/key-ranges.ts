import type pg from 'pg'
import type { Checksum } from '#tenancy/moves/errors'
import { tableSql, type TenantTable } from '#tenancy/moves/tenant-tables'

export type Range = {
  from: string[] | null
  to: string[] | null
  source: Checksum
  target: Checksum
}
/** A connection that is inside a transaction of the tenant, and the schema to read there. */
export type View = { client: pg.Client; schema: string }

type Sums = { rows: string; sum: string | null }

export const same = ({ source, target }: Range): boolean =>
  source.rows === target.rows && source.sum === target.sum

/**
 * Reads a table on both sides, a range of keys at a time, and sums up each range in the database:
 * how many rows, and a sum of their hashes. The ranges are cut by the source's keys; the last one
 * is open, so that rows which only the target has are seen wherever they are.
 */
export async function* ranges(
  source: View,
  target: View,
  table: TenantTable,
  tenantId: string,
  size: number,
): AsyncGenerator<Range> {
  const sql = tableSql(table, tenantId)
  for (let from: string[] | null = null; ;) {
    const {
      rows: [end],
    }: pg.QueryResult<{ key: string[] }> = await source.client.query<{ key: string[] }>(`
      select ${sql.keyText('s')} as key from ${sql.in(source.schema)} as s
      where ${sql.own('s')} and ${sql.after('s', from)} order by ${sql.order('s')} offset ${size - 1} limit 1`)
    const to: string[] | null = end?.key ?? null
    const [here, there] = await Promise.all(
      [source, target].map(async ({ client, schema }) => {
        const { rows } = await client.query<Sums>(`
        select count(*) as rows, sum(${sql.hash('t')}::numeric)::text as sum
        from ${sql.in(schema)} as t
        where ${sql.own('t')} and ${sql.after('t', from)} and ${sql.upTo('t', to)}`)
        return checksum(rows[0])
      }),
    )
    yield { from, to, source: here ?? checksum(), target: there ?? checksum() }
    if (to === null) return
    from = to
  }
}

const checksum = (sums?: Sums): Checksum => ({
  rows: Number(sums?.rows ?? 0),
  sum: sums?.sum ?? '0',
})
