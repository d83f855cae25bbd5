import pg from 'pg'
import { queryAsAdmin } from './database'

export type Checksums = { until: string; tables: Record<string, { rows: number; sum: string }> }
type TenantLocation = { id: string; database: string | null; schema: string }

/**
 * Counts and checksums of a tenant's tables, read by the administrator directly from its placement.
 *
 * @param earlier - An earlier result: only rows that existed then are counted.
 */
export async function tenantChecksums(slug: string, earlier?: Checksums): Promise<Checksums> {
  const [location] = await queryAsAdmin<TenantLocation>(
    `select t.id, p.database, p.schema from tenancy.tenants as t join tenancy.placements as p on p.tenant_id = t.id where t.slug = $1`,
    [slug],
  )
  if (!location) throw new Error(`there is no tenant ${slug}`)
  const url = new URL(process.env.DATABASE_URL ?? '')
  if (location.database) url.pathname = `/${location.database}`
  const client = new pg.Client({ connectionString: url.toString() })
  await client.connect()
  try {
    const tables: Checksums['tables'] = {}
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
      const name = `${pg.escapeIdentifier(location.schema)}.${table}`
      // the first 48 bits of an id are its creation time in milliseconds
      const {
        rows: [row],
      } = await client.query<{ rows: number; sum: string }>(
        `select count(*)::int as rows, coalesce(md5(string_agg(md5(t::text), '' order by id)), '') as sum from ${name} as t
         where tenant_id = $1 and ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint < extract(epoch from $2::timestamptz) * 1000`,
        [location.id, until],
      )
      if (row) tables[table] = row
    }
    return { until, tables }
  } finally {
    await client.end()
  }
}
