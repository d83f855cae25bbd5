import { isTransient } from '#tenancy/base/transient-errors'
import { timings } from '#tenancy/base/timings'
import { readHome } from '#tenancy/moves/tenant-home'
import { openConnection, locationName } from '#tenancy/moves/move-ends'
import { drop } from '#tenancy/base/connect'
import { MoveAborted, WorkerStopping, type MoveRun } from '#tenancy/moves/move-run'

/** True for an error that may be gone on the next attempt. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof WorkerStopping) return true
  if (error instanceof MoveAborted) return false
  return isTransient(error)
}

export const errorMessage = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

/**
 * True for a tenant whose source has been fenced for so long that it shall go back, whatever keeps
 * the target from opening.
 */
export async function isFencedTooLong(run: MoveRun): Promise<boolean> {
  const home = await readHome(await run.source(), run)
  return home?.state === 'fenced' && home.forMs >= timings.fencedAtMost
}

/**
 * Work on one end of a move that has to be done for its end, unless that end is on another server
 * which lets nobody in, and an operator has said that it never will.
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
    const end = await run.end(side)
    const refusal =
      end.server === null
        ? undefined
        : await openConnection(run.tenancy, end, `rowhouse move of ${run.slug}`).then(
            drop,
            errorMessage,
          )
    if (refusal === undefined) throw error
    await run.event('orphaned', refusal, { side, location: locationName(end) })
    return undefined
  }
}
