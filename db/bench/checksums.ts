import pg from 'pg'
import { withConnection } from '@rowhouse/tenancy/admin'

/**
 * Reads the row count and checksum of each of a tenant's tables in one schema, as an administrator.
 * @returns By table name.
 */
export function checksums(
  adminUrl: string,
  schema: string,
  tenantId: string,
): Promise<Record<string, string>> {
  return withConnection(adminUrl, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(
      `
      select relname as name from pg_class as c join pg_namespace as n on n.oid = c.relnamespace where n.nspname = $1 and relkind = 'r' order by 1`,
      [schema],
    )
    const sums: Record<string, string> = {}
    for (const { name } of tables) {
      const { rows } = await client.query<{ sum: string }>(
        `
        select count(*) || '/' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) as sum
        from ${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)} as t
        where tenant_id = $1`,
        [tenantId],
      )
      sums[name] = rows[0]?.sum ?? ''
    }
    return sums
  })
}
