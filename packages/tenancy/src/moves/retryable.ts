import { drop } from '#tenancy/base/connect'
import { timings } from '#tenancy/base/timings'
import { isTransient } from '#tenancy/base/transient-errors'
import { locationName, openConnection } from '#tenancy/moves/move-ends'
import { MoveAborted, WorkerStopping, type MoveRun } from '#tenancy/moves/move-run'
import { readHome } from '#tenancy/moves/tenant-home'

/** True for an error that may be gone on the next attempt. */
export function isRetryableMoveError(error: unknown): boolean {
  if (error instanceof WorkerStopping) return true
  if (error instanceof MoveAborted) return false
  return isTransient(error)
}

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
    if (run.move.forceFinishBy === null || error instanceof WorkerStopping) throw error
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
