import { setTimeout as sleep } from 'node:timers/promises'
import { stateOf, type Tenancy } from '#tenancy/base/tenancy'
import { dueMoves } from '#tenancy/moves/move-store'
import { advanceMove } from '#tenancy/moves/advance-move'

const atOnce = 2
const lookEveryMs = 700
const underWay = stateOf('moves under way', () => new Map<string, Promise<unknown>>())

/**
 * Looks again and again for moves on which something is to be done and which nobody is at: their
 * worker has died, or could not go on. Two workers may watch at once; the tenant's move lock
 * decides. Ends when the worker stops and its moves are handed over.
 */
export async function watchMoves(tenancy: Tenancy, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    try {
      for (const { id, urgent } of await dueMoves(tenancy))
        void begin(tenancy, id, stopping, urgent)
    } catch (error) {
      tenancy.config.logger.error({ error: String(error) }, 'cannot look for moves')
    }
    // stopping ends the loop
    await sleep(lookEveryMs, undefined, { signal: stopping }).catch(() => {})
  }
  await Promise.allSettled(underWay(tenancy).values())
}

/** An urgent move does not wait until there is a place for it. */
function begin(
  tenancy: Tenancy,
  moveId: string,
  stopping: AbortSignal,
  urgent = false,
): Promise<unknown> {
  if (
    stopping.aborted ||
    underWay(tenancy).has(moveId) ||
    (underWay(tenancy).size >= atOnce && !urgent)
  )
    return Promise.resolve()
  const driving = advanceMove(tenancy, moveId, stopping)
    .then((ending) => {
      if (ending !== 'busy') tenancy.config.logger.info({ move: moveId, ending }, 'move driven')
    })
    .catch((error: unknown) =>
      tenancy.config.logger.error({ move: moveId, error: String(error) }, 'move interrupted'),
    )
    .finally(() => underWay(tenancy).delete(moveId))
  underWay(tenancy).set(moveId, driving)
  return driving
}
