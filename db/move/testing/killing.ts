import { setTimeout as sleep } from 'node:timers/promises'
import { judge, type Verdict } from '#db/bench/judge'
import { Writer, type Ledger } from '#db/bench/writer'
import type { Inhabitant } from '#db/isolation/world'
import type { Move } from '#db/move/ledger'
import { moments, type Moment } from '#db/move/moments'
import { requestConfirm, requestMove, type MoveRequest } from '#db/move/request'
import type { Place } from '#db/move/testing/world'
import { reached, WorkerProcess } from '#db/move/testing/worker'

export const moodOf = (from: Place, to: Place): 'here' | 'across' => ([from, to].every((place) => place === 'shared' || place === 'schema') ? 'here' : 'across')

/** The moments that a move between these two comes by, read from the code that names them. */
export const momentsOf = (from: Place, to: Place): Moment[] =>
  Object.entries(moments).filter(([, when]) => when === 'any' || when === moodOf(from, to)).map(([name]) => name as Moment)

const afterSwitch: Moment[] = ['in the clean-up', 'source away']

export type Killed = { verdict: Verdict; ledger: Ledger; move: Move }

/**
 * One move, struck at a moment while a writer writes: with `kill` the worker ends itself there and another one is started; with `stop` it
 * stands still while `strike` begins to do its harm, and goes on in the middle of it. Out: what the writer's ledger says of the rows at the end, when
 * the old place is gone.
 */
export async function struckMove(tenant: Inhabitant, request: MoveRequest, moment: Moment, how: 'kill' | 'stop', strike = async () => {}): Promise<Killed> {
  const writer = new Writer(tenant.owner, 120)
  await writer.start(3)
  const first = new WorkerProcess({ how, moment })
  let second: WorkerProcess | undefined
  try {
    const move = await requestMove(request)
    if (afterSwitch.includes(moment)) {
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
    if (switched.state === 'aborted') throw new Error(`the move was given up: ${switched.error}\n${worker.output}`)
    if (switched.state === 'switched' && switched.confirmBy === null) await requestConfirm(tenant.id, tenant.slug, 'test')
    const done = await reached(move, ['cleaned'], worker)
    const ledger = await writer.stop()
    return { verdict: await judge(tenant.id, ledger), ledger, move: done }
  } finally {
    await writer.stop()
    await first.end('SIGKILL')
    await second?.end()
  }
}
