import { sql } from 'drizzle-orm'
import { withTenant, platform } from '#db/tenancy'
import type { TenantTx } from '@rowhouse/tenancy'
import { log } from '#db/log'
import { mainTable } from '#db/modules'
import { tenantSizes } from '#db/schema/console'

const batchSize = 200

/**
 * Measures tenants that were never measured, or were used since, each in its own tenant transaction.
 * The console reads the stored sizes and never a tenant's rows.
 */
export async function measureTenants(stopping: AbortSignal): Promise<void> {
  for (const tenantId of await due()) {
    if (stopping.aborted) return
    // the tenant may be moving, or its server unreachable: the next run retries
    await measure(tenantId).catch((error: unknown) =>
      log().warn({ tenantId, err: error }, 'tenant size could not be measured'),
    )
  }
}

/** Measures one tenant now. */
export async function measure(tenantId: string): Promise<void> {
  const { orders, bytes } = await withTenant(
    { kind: 'service', tenantId, reason: 'tenant size' },
    sizeOf,
  )
  const row = { orders, bytes, measuredAt: new Date() }
  await platform()
    .insert(tenantSizes)
    .values({ tenantId, ...row })
    .onConflictDoUpdate({ target: tenantSizes.tenantId, set: row })
}

/** The tenants to measure, in random order, so that unreachable ones don't starve the rest. */
async function due(): Promise<string[]> {
  const { rows } = await platform().execute<{ id: string }>(sql`
    select t.id from tenancy.tenants as t
    left join platform.tenant_sizes as s on s.tenant_id = t.id
    where s.tenant_id is null
      or (s.measured_at < now() - interval '15 minutes' and exists (select from tenancy.usage as u where u.tenant_id = t.id and u.hour >= date_trunc('hour', s.measured_at)))
    order by random() limit ${batchSize}`)
  return rows.map(({ id }) => id)
}

/** In shared tables, a tenant's bytes are the table's bytes in proportion to its rows. */
async function sizeOf(tx: TenantTx): Promise<{ orders: number; bytes: number }> {
  const { rows: tables } = await tx.execute<{ name: string; bytes: string; rows: number }>(sql`
    select c.relname as name, pg_total_relation_size(c.oid) as bytes, c.reltuples::float8 as rows
    from pg_catalog.pg_class as c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')`)
  const {
    rows: [schema],
  } = await tx.execute<{ shared: boolean }>(sql`select current_schema() = 'shared' as shared`)
  let [orders, bytes] = [0, 0]
  for (const table of tables) {
    const {
      rows: [own],
    } = await tx.execute<{ rows: string }>(
      sql`select count(*) as rows from ${sql.identifier(table.name)} where tenant_id = ${tx.tenantId}`,
    )
    const rows = Number(own?.rows ?? 0)
    bytes +=
      Number(table.bytes) * (schema?.shared ? Math.min(1, rows / Math.max(table.rows, rows, 1)) : 1)
    if (table.name === mainTable) orders = rows
  }
  return { orders, bytes: Math.round(bytes) }
}
