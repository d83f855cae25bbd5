import { drop } from '#tenancy/base/connect'
import { WorkerStopping } from '#tenancy/base/errors'
import { timings } from '#tenancy/base/timings'
import { locationName, openConnection } from '#tenancy/moves/move-ends'
import type { MoveRun } from '#tenancy/moves/move-run'
import { readHome } from '#tenancy/moves/tenant-home'

export const errorMessage = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

/** True when the source has been fenced for so long that the tenant must be reopened there. */
export async function isFencedTooLong(run: MoveRun): Promise<boolean> {
  const home = await readHome(await run.source(), run)
  return home?.state === 'fenced' && home.forMs >= timings.fencedAtMost
}

/**
 * Runs the clean-up of one end. If the move is force-finished and the server of that end cannot be
 * reached, records an `orphaned` event instead of failing.
 * @returns What `work` returns, or undefined when that end was skipped.
 */
export async function skipIfServerLost<T>(
  run: MoveRun,
  side: 'source' | 'target',
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (run.move.forceFinishBy === null || WorkerStopping.is(error)) throw error
    const location = await run.locationOf(side)
    if (location.server === null) throw error // the main server can be reached
    const refusal = await openConnection(run.tenancy, location, run.applicationName).then(
      drop,
      errorMessage,
    )
    if (refusal === undefined) throw error // this server can be reached, so it is another error
    await run.event('orphaned', refusal, { side, location: locationName(location) })
    return undefined
  }
}
