import { empty } from '#db/move/clean'
import { handOver, residentIn, turn } from '#db/move/capture'
import { advance, change } from '#db/move/ledger'
import { moment } from '#db/move/moments'
import { isShared, type Mover } from '#db/move/mover'

/**
 * Gives a move up. Returns false when that is too late: the target has opened, and the move goes on. Where the source is fenced already, the
 * target is closed by the compare and set that opening it would need; only one of the two can succeed.
 */
export async function undo(mover: Mover): Promise<boolean> {
  const { move } = mover
  const epoch = move.source.epoch + 2
  const source = await mover.source()
  const resident = await residentIn(source, mover)
  if (resident?.state === 'copying') await turn(source, mover, 'copying', 'active', move.source.epoch)
  if (resident?.state === 'fenced' || resident?.state === 'gone') {
    if (resident.state === 'gone' || !(await closeTarget(mover, epoch))) return goOn(mover)
    await moment('target closed')
    // the registry first: a source that is open under an epoch which the registry has not would let nobody in
    await mover.main.query('select tenancy.record_return($1, $2)', [move.id, epoch])
    await moment('registry set back')
    await turn(source, mover, 'fenced', 'active', epoch)
  }
  const stays = isShared(move.target) || move.rollsBack !== null
  if (!mover.here && stays) await closeTarget(mover, epoch)
  if (move.rollsBack === null) {
    await mover.note('taking away what was made')
    await empty(mover, 'target')
  }
  // a way back that is given up leaves both places to the move that it was to undo
  for (const side of ['source', 'target'] as const) {
    if (side === 'source' || stays) await handOver(await mover[side](), mover, move.id, move.rollsBack)
  }
  return true
}

/** True when the target can never open for this move any more. */
async function closeTarget(mover: Mover, epoch: number): Promise<boolean> {
  const target = await mover.target()
  return (await turn(target, mover, 'incoming', 'aborted', epoch)) || (await residentIn(target, mover))?.state === 'aborted'
}

async function goOn(mover: Mover): Promise<false> {
  await mover.event('too late', 'the target is open already; the move goes on')
  await change(mover.move.id, { abortBy: null, error: null })
  await advance(mover.move.id, 'aborting', 'verified')
  return false
}
