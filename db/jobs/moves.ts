import { setTimeout as sleep } from 'node:timers/promises'
import type { Work } from '#db/jobs/jobs'
import { dueMoves } from '#db/move/ledger'
import { drive } from '#db/move/move'

const atOnce = 2
const lookEveryMs = 700
const underWay = new Map<string, Promise<unknown>>()

/**
 * Starts a move that was just asked for, when there is a place for it; otherwise the watch finds
 * it.
 */
export const moveJob: Work<'move'> = async ({ moveId }, stopping) => {
  await begin(moveId, stopping)
}

/**
 * Looks again and again for moves on which something is to be done and which nobody is at: their
 * mover has died, or could not go on. Two workers may watch at once; the tenant's mover lock
 * decides. Ends when the worker stops and its moves are handed over.
 */
export async function watchMoves(stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    try {
      for (const { id, urgent } of await dueMoves()) void begin(id, stopping, urgent)
    } catch (error) {
      console.error(
        `worker: cannot look for moves: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
    // stopping ends the loop
    await sleep(lookEveryMs, undefined, { signal: stopping }).catch(() => {})
  }
  await Promise.allSettled(underWay.values())
}

/** An urgent move does not wait until there is a place for it. */
function begin(moveId: string, stopping: AbortSignal, urgent = false): Promise<unknown> {
  if (stopping.aborted || underWay.has(moveId) || (underWay.size >= atOnce && !urgent))
    return Promise.resolve()
  const driving = drive(moveId, stopping)
    .then((ending) => {
      if (ending !== 'busy') console.log(`move ${moveId}: ${ending}`)
    })
    .catch((error: unknown) =>
      console.error(`move ${moveId}: ${error instanceof Error ? error.message : String(error)}`),
    )
    .finally(() => underWay.delete(moveId))
  underWay.set(moveId, driving)
  return driving
}
