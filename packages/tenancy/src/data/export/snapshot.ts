import type pg from 'pg'
import { timings } from '#tenancy/base/timings'
import { withConnection } from '#tenancy/base/connect'
import { withTransaction } from '#tenancy/base/with-transaction'
import { TenantMoved } from '#tenancy/data/errors'
import type { TenantQuery } from '#tenancy/data/export/pages'
import { serviceUrl, type Placement } from '#tenancy/registry/placements'
import type { Tenancy } from '#tenancy/base/tenancy'

/** Settings under which values have the same text on every server. */
export const asText = `set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres'; set local bytea_output = 'hex'; set local extra_float_digits = 1; set local statement_timeout = ${timings.pageStatement}; set local jit = off`

/**
 * Reads a tenant's rows from one snapshot, without blocking a move. One transaction outside the
 * tenant holds the snapshot. Each read uses it in a short transaction inside the tenant, which
 * fails once the tenant has moved.
 * @param reason - The reason for the service entries.
 * @param work - `read` runs a query inside the tenant; `keeper` is the connection that holds the
 *   snapshot.
 * @throws TenantMoved when the placement changed; start over.
 */
export function withSnapshot<T>(
  tenancy: Tenancy,
  placement: Placement,
  reason: string,
  work: (read: TenantQuery, keeper: pg.Client) => Promise<T>,
): Promise<T> {
  const url = serviceUrl(tenancy, 'worker', placement)
  return withConnection(url, (keeper) =>
    withConnection(url, async (client) => {
      await keeper.query(
        `begin isolation level repeatable read read only; set local search_path = ${placement.schema}, pg_temp; set local idle_in_transaction_session_timeout = 0`,
      )
      const {
        rows: [exported],
      } = await keeper.query<{ id: string }>('select pg_export_snapshot() as id')
      const read: TenantQuery = async (text, values) => {
        const query = { text, values, queryMode: 'extended' } as pg.QueryConfig
        const { rows } = await withTransaction(
          client,
          async () => {
            await client.query('select tenancy.enter_as_service($1, $2, $3)', [
              placement.tenantId,
              placement.epoch,
              reason,
            ])
            return client.query(query)
          },
          {
            begin: `begin isolation level repeatable read; set transaction snapshot '${exported?.id}'; set local search_path = ${placement.schema}, pg_temp; ${asText}`,
          },
        )
        return rows
      }
      try {
        return await work(read, keeper)
      } catch (error) {
        throw hasMoved(error) ? new TenantMoved(placement.tenantId) : error
      }
    }),
  )
}

/** TN409: no longer the tenant's home; 40001: its home changed after the snapshot. */
function hasMoved(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'TN409' || code === '40001'
}
