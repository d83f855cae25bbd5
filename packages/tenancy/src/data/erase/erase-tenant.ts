import { eq } from 'drizzle-orm'
import { placements } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'
import {
  eraseControlPlaneRows,
  eraseOwnerRows,
  redactAudit,
} from '#tenancy/data/erase/control-plane-rows'
import {
  countRows,
  deleteRows,
  denyEntry,
  dropDedicatedPlacement,
} from '#tenancy/data/erase/tenant-rows'
import { removeAllExports } from '#tenancy/data/export/files'
import { removeLargeObjects } from '#tenancy/data/large-objects'
import { isLive } from '#tenancy/base/move-states'
import { MoveUnderWay } from '#tenancy/moves/errors'
import { latestMove, orphanedLocations } from '#tenancy/moves/move-store'
import { forgetPlacement, readPlacements } from '#tenancy/registry/placements'
import { platformPool } from '#tenancy/registry/pools'

/**
 * The numbers of what was deleted, by name: tables of the tenant, tables of the main database,
 * people, files. Each copy that could not be deleted counts as one.
 */
export type Receipt = Record<string, number>

/**
 * Erases a tenant and everything about it, in the order of this function. Safe to call again after
 * a crash at any point.
 * @param report - Receives the counts before the first row is deleted, and again at the end.
 * @throws MoveUnderWay
 */
export async function eraseTenant(
  tenancy: Tenancy,
  tenantId: string,
  report: (receipt: Receipt) => Promise<void> = async () => {},
): Promise<void> {
  const move = await latestMove(tenancy, tenantId)
  if (move && isLive(move.state)) throw new MoveUnderWay(tenantId, move.state)
  const [placement] = await readPlacements(tenancy, eq(placements.tenantId, tenantId))
  // read these first: erasing the moves deletes the only record of them
  const receipt: Receipt = Object.fromEntries(
    (await orphanedLocations(tenancy, tenantId)).map((location) => [
      `orphaned copy: ${location}`,
      1,
    ]),
  )
  if (placement) {
    await denyEntry(tenancy, placement)
    Object.assign(receipt, await countRows(tenancy, placement))
    await report(receipt)
    await deleteRows(tenancy, placement)
    await dropDedicatedPlacement(tenancy, placement)
  }
  receipt['large objects'] = await removeLargeObjects(platformPool(tenancy))
  receipt['export files'] = await removeAllExports(tenancy, tenantId)
  Object.assign(receipt, await eraseControlPlaneRows(tenancy, tenantId))
  Object.assign(receipt, await eraseOwnerRows(tenancy, tenantId))
  receipt['audit entries emptied'] = await redactAudit(tenancy, tenantId)
  forgetPlacement(tenancy, tenantId)
  await report(receipt)
}
