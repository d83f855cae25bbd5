import { eq } from 'drizzle-orm'
import { MoveUnderWay } from '#tenancy/moves/errors'
import { denyEntry, countRows, removePlace, removeRows } from '#tenancy/data/erase/place'
import { removePlatformRows } from '#tenancy/data/erase/platform-rows'
import { clearAudit, removeTenancyRows } from '#tenancy/data/erase/traces'
import { removeAllExports } from '#tenancy/data/export/files'
import { latestMove, orphanedLocations } from '#tenancy/moves/move-store'
import { isLive } from '#tenancy/base/move-states'
import { forgetPlacement, readPlacements } from '#tenancy/registry/placements'
import { placements } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

/**
 * What was deleted, by name: tables of the tenant, tables of the main database, people, files; and
 * places that could not be deleted, each as one.
 */
export type Receipt = Record<string, number>

/**
 * Takes a tenant away, with everything that is about it anywhere, from the top to the bottom of
 * this list. Safe to call again after a crash at any moment. In: the tenant, and whom to give the
 * counts to before the first row goes. Throws MoveUnderWay.
 */
export async function forgetTenant(
  tenancy: Tenancy,
  tenantId: string,
  tell: (receipt: Receipt) => Promise<void> = async () => {},
): Promise<void> {
  const move = await latestMove(tenancy, tenantId)
  if (move && isLive(move.state)) throw new MoveUnderWay(tenantId, move.state)
  const [placement] = await readPlacements(tenancy, eq(placements.tenantId, tenantId))
  // when its moves are forgotten nobody knows of these any more
  const receipt: Receipt = Object.fromEntries(
    (await orphanedLocations(tenancy, tenantId)).map((location) => [
      `orphaned copy: ${location}`,
      1,
    ]),
  )
  if (placement) {
    await denyEntry(tenancy, placement)
    Object.assign(receipt, await countRows(tenancy, placement))
    await tell(receipt)
    await removeRows(tenancy, placement)
    await removePlace(tenancy, placement)
  }
  receipt['export files'] = await removeAllExports(tenancy, tenantId)
  Object.assign(receipt, await removePlatformRows(tenancy, tenantId))
  Object.assign(receipt, await removeTenancyRows(tenancy, tenantId))
  receipt['audit entries emptied'] = await clearAudit(tenancy, tenantId)
  forgetPlacement(tenancy, tenantId)
  await tell(receipt)
}
