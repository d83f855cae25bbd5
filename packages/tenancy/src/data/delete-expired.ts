import { and, eq, exists, gt, inArray, lt, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { checkRuns, exports, retentionRuns, usage } from '#tenancy/base/schema'
import { serviceUrl } from '#tenancy/registry/placements'
import { withConnection } from '#tenancy/base/connect'
import { mainDatabase } from '#tenancy/migrations/connections'
import { dedicatedDatabaseLocations } from '#tenancy/migrations/dedicated-databases'
import { platform } from '#tenancy/registry/placements'
import { platformPool } from '#tenancy/registry/pools'
import { removeLargeObjects } from '#tenancy/data/large-objects'
import type { Tenancy } from '#tenancy/base/tenancy'

const ago = (days: number) => sql`now() - make_interval(days => ${days})`

/**
 * Deletes old rows of the registry, and large objects of tenants' logins in the main database.
 * @param tenancy - The instance.
 * @returns The number of deleted rows.
 */
export async function deleteExpired(tenancy: Tenancy): Promise<number> {
  const db = platform(tenancy)
  const newer = alias(checkRuns, 'newer')
  await removeLargeObjects(platformPool(tenancy))
  const results = await Promise.all([
    // the console shows the newest of each kind
    db.delete(checkRuns).where(
      and(
        lt(checkRuns.at, ago(90)),
        exists(
          db
            .select({ id: newer.id })
            .from(newer)
            .where(and(eq(newer.kind, checkRuns.kind), gt(newer.at, checkRuns.at))),
        ),
      ),
    ),
    db.delete(usage).where(lt(usage.hour, ago(400))),
    db.delete(retentionRuns).where(lt(retentionRuns.endedAt, ago(400))),
    // a finished export has a file, which is deleted first
    db
      .delete(exports)
      .where(and(inArray(exports.state, ['failed', 'expired']), lt(exports.endedAt, ago(400)))),
  ])
  return results.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0)
}

/**
 * Deletes old service entries and large objects of tenants' logins in each database that holds tenants.
 * An unreachable database is logged and skipped.
 * @param tenancy - The instance.
 * @param stopping - Stops before the next database when aborted.
 */
export async function pruneServiceEntries(tenancy: Tenancy, stopping?: AbortSignal): Promise<void> {
  for (const place of [mainDatabase, ...(await dedicatedDatabaseLocations(tenancy)).values()]) {
    if (stopping?.aborted) return
    await withConnection(serviceUrl(tenancy, 'worker', place), async (client) => {
      await client.query('select tenancy.prune_service_entries()')
      await removeLargeObjects(client)
    }).catch((error: unknown) =>
      tenancy.config.logger.error(
        { database: place.database ?? 'main', error: String(error) },
        'old service entries and large objects were not deleted',
      ),
    )
  }
}
