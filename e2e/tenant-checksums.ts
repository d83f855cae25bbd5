import pg from 'pg'
import { ask } from './database'

export type Sums = { until: string; tables: Record<string, { rows: number; sum: string }> }
type Place = { id: string; database: string | null; schema: string }

/**
 * Count and checksum of each of a tenant's tables, wherever it lives now, read past everything that
 * Rowhouse does. With an earlier answer: of the rows that there were then, of which none may have
 * changed but the running number of its orders.
 */
export async function checksums(slug: string, earlier?: Sums): Promise<Sums> {
  const [place] = await ask<Place>(
    `select t.id, p.database, p.schema from tenancy.tenants as t join tenancy.placements as p on p.tenant_id = t.id where t.slug = $1`,
    [slug],
  )
  if (!place) throw new Error(`there is no tenant ${slug}`)
  const url = new URL(process.env.DATABASE_URL ?? '')
  if (place.database) url.pathname = `/${place.database}`
  const client = new pg.Client({ connectionString: url.toString() })
  await client.connect()
  try {
    const tables: Sums['tables'] = {}
    const {
      rows: [now],
    } = await client.query<{ until: string }>('select clock_timestamp()::text as until')
    const until = earlier?.until ?? now?.until ?? ''
    for (const table of [
      'customers',
      'products',
      'orders',
      'order_lines',
      'order_events',
      'activity',
    ]) {
      const name = `${pg.escapeIdentifier(place.schema)}.${table}`
      // ids begin with the millisecond in which they were made
      const {
        rows: [row],
      } = await client.query<{ rows: number; sum: string }>(
        `select count(*)::int as rows, coalesce(md5(string_agg(md5(t::text), '' order by id)), '') as sum from ${name} as t
         where tenant_id = $1 and ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint < extract(epoch from $2::timestamptz) * 1000`,
        [place.id, until],
      )
      if (row) tables[table] = row
    }
    return { until, tables }
  } finally {
    await client.end()
  }
}
