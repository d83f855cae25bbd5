import { isTransient } from '#tenancy/base/transient-errors'
import { homeIn } from '#tenancy/moves/tenant-home'
import { openEnd, placeName } from '#tenancy/moves/move-ends'
import { drop } from '#tenancy/base/connect'
import { GivenUp, HandedOver, type MoveRun } from '#tenancy/moves/move-run'

/** True for what may be gone when it is tried again. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof HandedOver) return true
  if (error instanceof GivenUp) return false
  return isTransient(error)
}

export const said = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

/**
 * How long a tenant that is in neither place waits for a target that does not open, before it goes
 * back.
 */
const patienceMs = 15_000

/**
 * True for a tenant whose source has been fenced for so long that it shall go back, whatever keeps
 * the target from opening.
 */
export async function hasWaited(run: MoveRun): Promise<boolean> {
  const home = await homeIn(await run.source(), run)
  return home?.state === 'fenced' && home.forMs >= patienceMs
}

/**
 * Work on one end of a move that has to be done for its end, unless that end is on another server
 * which lets nobody in, and an operator has said that it never will.
 */
export async function unlessAbandoned<T>(
  run: MoveRun,
  side: 'source' | 'target',
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (run.move.abandonBy === null || error instanceof HandedOver) throw error
    const end = await run.end(side)
    const refusal =
      end.server === null
        ? undefined
        : await openEnd(run.tenancy, end, `rowhouse move of ${run.slug}`).then(drop, said)
    if (refusal === undefined) throw error
    await run.event(
      side === 'source' ? 'old place left behind' : 'new place left behind',
      `${placeName(end)}: ${refusal}`,
    )
    return undefined
  }
}
