import type { MoveState } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'
import { advanceMove } from '#tenancy/moves/advance-move'
import { readMove, type Move } from '#tenancy/moves/move-store'
import { forgetPlacement } from '#tenancy/registry/placements'

/**
 * Runs a move in this process until it waits or is over.
 * @param until - Goes no further than this state.
 * @returns The move as it is then.
 */
export async function runMove(tenancy: Tenancy, move: Move, until?: MoveState): Promise<Move> {
  await advanceMove(tenancy, move.id, new AbortController().signal, until)
  forgetPlacement(tenancy)
  return readMove(tenancy, move.id)
}
