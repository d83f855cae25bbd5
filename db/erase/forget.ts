import { eq } from 'drizzle-orm'
import { MoveUnderWay } from '#db/errors'
import { closeTheDoor, countRows, removePlace, removeRows } from '#db/erase/place'
import { idsOf, removePlatformRows } from '#db/erase/platform-rows'
import { clearAudit, removeJobs, removeTenancyRows } from '#db/erase/traces'
import { removeAllExports } from '#db/export/files'
import { latestMove, placesLeftBehind } from '#db/move/ledger'
import { isLive } from '#db/move/states'
import { forgetPlacement, readPlacements } from '#db/registry'
import { placements } from '#db/schema/platform'

/**
 * What was taken away, by name: tables of the tenant, tables of the platform, jobs, files; and
 * places that could not be, each as one.
 */
export type Receipt = Record<string, number>

/**
 * Takes a tenant away, with everything that is about it anywhere, from the top to the bottom of
 * this list. Safe to call again after a crash at any moment. In: the tenant, and whom to give the
 * counts to before the first row goes. Throws MoveUnderWay.
 */
export async function forgetTenant(
  tenantId: string,
  tell: (receipt: Receipt) => Promise<void> = async () => {},
): Promise<void> {
  const move = await latestMove(tenantId)
  if (move && isLive(move.state)) throw new MoveUnderWay(tenantId, move.state)
  const [placement] = await readPlacements(eq(placements.tenantId, tenantId))
  // when its moves are forgotten nobody knows of these any more
  const receipt: Receipt = Object.fromEntries(
    (await placesLeftBehind(tenantId)).map((place) => [`left behind: ${place}`, 1]),
  )
  if (placement) {
    await closeTheDoor(placement)
    Object.assign(receipt, await countRows(placement))
    await tell(receipt)
    await removeRows(placement)
    await removePlace(placement)
  }
  const ids = await idsOf(tenantId)
  receipt['export files'] = await removeAllExports(tenantId)
  receipt.jobs = await removeJobs(ids)
  Object.assign(receipt, await removePlatformRows(tenantId))
  Object.assign(receipt, await removeTenancyRows(tenantId))
  receipt['audit entries emptied'] = await clearAudit(tenantId)
  forgetPlacement(tenantId)
  await tell(receipt)
}
