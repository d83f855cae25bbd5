import type pg from 'pg'
import type { Checksum } from '#db/errors'
import { written, type TenantTable } from '#db/move/tables'

export type Range = { from: string[] | null; to: string[] | null; source: Checksum; target: Checksum }
/** A connection that is inside a sealed transaction, and the schema to read there. */
export type View = { client: pg.Client; schema: string }

type Sums = { rows: string; sum: string | null; key: string[] | null }

export const same = ({ source, target }: Range): boolean => source.rows === target.rows && source.sum === target.sum

/**
 * Reads a table on both sides, a range of keys at a time, and sums up each range in the database: how many rows, and a sum of their hashes.
 * The ranges are cut by the source's keys; the last one is open, so that rows which only the target has are seen wherever they are.
 */
export async function* ranges(source: View, target: View, table: TenantTable, tenantId: string, size: number): AsyncGenerator<Range> {
  const sql = written(table, tenantId)
  const hash = (alias: string) => `hashtextextended(${sql.row(alias)}, 0)`
  for (let from: string[] | null = null; ; ) {
    const { rows: [cut] }: pg.QueryResult<Sums> = await source.client.query<Sums>(`
      with part as materialized (
        select ${hash('s')} as hash, ${sql.keyText('s')} as key, row_number() over (order by ${sql.order('s')}) as place
        from ${sql.in(source.schema)} as s
        where ${sql.own('s')} and ${sql.after('s', from)}
        order by ${sql.order('s')}
        limit ${size}
      )
      select count(*) as rows, sum(hash::numeric)::text as sum, (select key from part where place = ${size}) as key from part`)
    const to: string[] | null = cut?.key ?? null
    const { rows: [other] } = await target.client.query<Sums>(`
      select count(*) as rows, sum(${hash('t')}::numeric)::text as sum, null as key
      from ${sql.in(target.schema)} as t
      where ${sql.own('t')} and ${sql.after('t', from)} and ${sql.upTo('t', to)}`)
    yield { from, to, source: checksum(cut), target: checksum(other) }
    if (to === null) return
    from = to
  }
}

const checksum = (sums: Sums | undefined): Checksum => ({ rows: Number(sums?.rows ?? 0), sum: sums?.sum ?? '0' })
