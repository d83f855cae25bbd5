import type { MoveState } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'
import { advanceMove } from '#tenancy/moves/advance-move'
import { readMove, type Move } from '#tenancy/moves/move-store'
import { forgetPlacement } from '#tenancy/registry/placements'

/**
 * Runs a move in this process until it waits or has ended.
 * @param tenancy - The instance.
 * @param move - The move.
 * @param until - The state at which to stop.
 * @returns The move in its new state.
 */
export async function runMove(tenancy: Tenancy, move: Move, until?: MoveState): Promise<Move> {
  await advanceMove(tenancy, move.id, new AbortController().signal, until)
  forgetPlacement(tenancy)
  return readMove(tenancy, move.id)
}
