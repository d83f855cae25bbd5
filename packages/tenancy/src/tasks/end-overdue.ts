import { endOverdueTransactions, overdueAfterMs } from '#tenancy/admission/overdue-transactions'
import { withConnection } from '#tenancy/base/connect'
import type { Tenancy } from '#tenancy/base/tenancy'
import { dedicatedDatabaseLocations } from '#tenancy/migrations/dedicated-databases'
import { platformPool } from '#tenancy/registry/pools'
import { serviceUrl } from '#tenancy/registry/placements'

/**
 * Ends the overdue transactions of tenants on the main server.
 * @param tenancy - The instance.
 */
export const endOverdueOnMainServer = async (tenancy: Tenancy): Promise<void> =>
  endOverdueTransactions(tenancy, platformPool(tenancy), await overdueAfterMs(tenancy))

/**
 * Ends the overdue transactions of tenants on every other server. An unreachable server is logged and
 * skipped.
 * @param tenancy - The instance.
 */
export async function endOverdueElsewhere(tenancy: Tenancy): Promise<void> {
  const limitMs = await overdueAfterMs(tenancy)
  const oneOfEach = new Map(
    [...(await dedicatedDatabaseLocations(tenancy)).values()].flatMap((location) =>
      location.server ? [[`${location.server.host}:${location.server.port}`, location]] : [],
    ),
  )
  await Promise.all(
    [...oneOfEach].map(([server, location]) =>
      withConnection(serviceUrl(tenancy, 'worker', location), (client) =>
        endOverdueTransactions(tenancy, client, limitMs),
      ).catch((error: unknown) =>
        tenancy.config.logger.error({ server, err: error }, 'overdue transactions were not ended'),
      ),
    ),
  )
}
