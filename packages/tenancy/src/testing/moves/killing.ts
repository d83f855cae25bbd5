import { setTimeout as sleep } from 'node:timers/promises'
import { judge, type Verdict } from '#db/bench/judge'
import { Writer, type Ledger } from '#db/bench/writer'
import type { Inhabitant } from '#db/isolation/testing/world'
import type { Move } from '#db/move/ledger'
import { moments, type Moment } from '#db/move/moments'
import { requestConfirm } from '#db/move/request'
import { mainAdmin, remains, type Place } from '#db/move/testing/world'
import { reached, WorkerProcess } from '#db/move/testing/worker'

export const moodOf = (from: Place, to: Place): 'here' | 'across' =>
  [from, to].every((place) => place === 'shared' || place === 'schema') ? 'here' : 'across'

/** The moments that a move between these two comes by, read from the code that names them. */
export const momentsOf = (from: Place, to: Place): Moment[] =>
  Object.entries(moments)
    .filter(([, when]) => when === 'any' || when === moodOf(from, to))
    .map(([name]) => name as Moment)

/** The moments of a move that come when it was confirmed. */
export const afterSwitch: Moment[] = ['in the clean-up', 'source away']

/**
 * `misplaced`: rows that are still, or again, in the shared schema when the tenant lives elsewhere.
 */
export type Killed = { verdict: Verdict & { misplaced: number }; ledger: Ledger; move: Move }

/**
 * One move, or one way back, that `ask` asks for, struck at a moment while a writer writes: with
 * `kill` the worker ends itself there and another one is started; with `stop` it stands still while
 * `strike` begins to do its harm, and goes on in the middle of it. Out: what the writer's ledger
 * says of the rows at the end, when the old place is gone.
 */
export async function struckMove(
  tenant: Inhabitant,
  ask: () => Promise<Move>,
  moment: Moment,
  how: 'kill' | 'stop',
  strike = async () => {},
): Promise<Killed> {
  const writer = new Writer(tenant.owner, 120)
  await writer.start(3)
  const first = new WorkerProcess({ how, moment })
  let second: WorkerProcess | undefined
  try {
    const move = await ask()
    if (afterSwitch.includes(moment) && move.rollsBack === null) {
      await reached(move, ['switched'], first)
      await requestConfirm(tenant.id, tenant.slug, 'test')
    }
    await first.struck(moment)
    const striking = strike()
    if (how === 'stop') first.wake()
    await striking
    await sleep(500)
    // a worker that has lost its queue may end; somebody starts it again
    if (how === 'kill' || first.child.exitCode !== null) second = new WorkerProcess()
    const worker = second ?? first
    const switched = await reached(move, ['switched', 'confirmed', 'cleaned', 'aborted'], worker)
    if (switched.state === 'aborted')
      throw new Error(`the move was given up: ${switched.error}\n${worker.output}`)
    // a way back has no grace period: the worker confirms it
    if (switched.state === 'switched' && switched.confirmBy === null && move.rollsBack === null)
      await requestConfirm(tenant.id, tenant.slug, 'test')
    const done = await reached(move, ['cleaned'], worker)
    const ledger = await writer.stop()
    const misplaced =
      done.target.kind === 'shared' ? 0 : await remains(mainAdmin(), 'shared', tenant.id)
    return { verdict: { ...(await judge(tenant.id, ledger)), misplaced }, ledger, move: done }
  } finally {
    await writer.stop()
    await first.end('SIGKILL')
    await second?.end()
  }
}
