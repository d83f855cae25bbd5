import type pg from 'pg'
import { timings } from '#tenancy/base/timings'
import { withConnection } from '#tenancy/base/connect'
import { withTransaction } from '#tenancy/base/with-transaction'
import { TenantMoved } from '#tenancy/data/errors'
import type { Read } from '#tenancy/data/export/pages'
import { serviceUrl, type Placement } from '#tenancy/registry/placements'
import type { Tenancy } from '#tenancy/base/tenancy'

/** How values look as text, the same on every server. */
export const asText = `set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres'; set local bytea_output = 'hex'; set local extra_float_digits = 1; set local statement_timeout = ${timings.pageStatement}; set local jit = off`

/**
 * Reads a tenant's rows as of one moment for as long as it takes, without standing in anybody's
 * way: a transaction that is not inside the tenant keeps the moment, and one for each page, inside,
 * takes it over. When the tenant moves meanwhile, the fence refuses the next of them. In: the
 * placement, the reason to keep, and the work with its way to read. Throws TenantMoved: begin
 * again.
 */
export function withSnapshot<T>(
  tenancy: Tenancy,
  placement: Placement,
  reason: string,
  work: (read: Read, keeper: pg.Client) => Promise<T>,
): Promise<T> {
  const url = serviceUrl(tenancy, 'worker', placement)
  return withConnection(url, (keeper) =>
    withConnection(url, async (client) => {
      await keeper.query(
        `begin isolation level repeatable read read only; set local search_path = ${placement.schema}, pg_temp; set local idle_in_transaction_session_timeout = 0`,
      )
      const {
        rows: [kept],
      } = await keeper.query<{ id: string }>('select pg_export_snapshot() as id')
      const read: Read = async (text, values) => {
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
            begin: `begin isolation level repeatable read; set transaction snapshot '${kept?.id}'; set local search_path = ${placement.schema}, pg_temp; ${asText}`,
          },
        )
        return rows
      }
      try {
        return await work(read, keeper)
      } catch (error) {
        throw refused(error) ? new TenantMoved(placement.tenantId) : error
      }
    }),
  )
}

/** Not here any more, or the place has changed since the moment that is read. */
function refused(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'TN409' || code === '40001'
}
