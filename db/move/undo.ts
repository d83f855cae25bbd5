import { eq } from 'drizzle-orm'
import { empty } from '#db/move/clean'
import { handOver, residentIn, turn } from '#db/move/capture'
import { advance, change } from '#db/move/ledger'
import { moment } from '#db/move/moments'
import { isShared, type Mover } from '#db/move/mover'
import { targetIsAway, unlessAbandoned } from '#db/move/passing'
import { readPlacements } from '#db/registry'
import { placements } from '#db/schema/platform'

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
  if (resident?.state === 'gone') return goOn(mover)
  if (resident?.state === 'fenced') {
    if (!(await setBack(mover, epoch))) return goOn(mover)
    await turn(source, mover, 'fenced', 'active', epoch)
  }
  await unlessAbandoned(mover, 'target', () => clearTarget(mover, epoch))
  await handOver(await mover.source(), mover, move.id, move.rollsBack)
  return true
}

/** Sets the registry back to the source, under an epoch that no switch of this move can reach. False when the target is open. */
async function setBack(mover: Mover, epoch: number): Promise<boolean> {
  const [placement] = await readPlacements(eq(placements.tenantId, mover.move.tenantId))
  if (placement?.epoch === epoch) return true // an earlier run came as far as this
  // nobody is led to a target before the registry says so, and for a move that is given up it never will
  if (!(await targetIsAway(mover)) && !(await closeTarget(mover, epoch))) return false
  await moment('target closed')
  // the registry first: a source that is open under an epoch which the registry has not would let nobody in
  await mover.main.query('select tenancy.record_return($1, $2)', [mover.move.id, epoch])
  await moment('registry set back')
  return true
}

async function clearTarget(mover: Mover, epoch: number): Promise<void> {
  const { move } = mover
  const stays = isShared(move.target) || move.rollsBack !== null
  if (!mover.here && stays && !(await closeTarget(mover, epoch))) await turn(await mover.target(), mover, 'active', 'aborted', epoch) // opened, and then away
  if (move.rollsBack === null) {
    await mover.note('taking away what was made')
    await empty(mover, 'target')
  }
  // a way back that is given up leaves both places to the move that it was to undo
  if (stays) await handOver(await mover.target(), mover, move.id, move.rollsBack)
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
