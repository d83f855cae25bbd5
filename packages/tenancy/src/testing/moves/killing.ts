import { setTimeout as sleep } from 'node:timers/promises'
import type { Move } from '#tenancy/moves/move-store'
import { failpoints, type Failpoint } from '#tenancy/moves/failpoints'
import { requestConfirm } from '#tenancy/moves/move-actions'
import { tenancy } from '#tenancy/testing/fixture/tenancy'
import type { Inhabitant } from '#tenancy/testing/fixture/world'
import type { Verdict } from '#tenancy/testing/judge'
import { WorkerProcess } from '#tenancy/testing/moves/worker'
import {
  actionOn,
  judge,
  mainAdmin,
  waitForState,
  countRemaining,
  writerFor,
  type TestPlacement,
} from '#tenancy/testing/moves/world'
import type { Ledger } from '#tenancy/testing/writer'

const pathBetween = (
  from: TestPlacement,
  to: TestPlacement,
): 'same database' | 'between databases' =>
  [from, to].every((place) => place === 'shared' || place === 'schema')
    ? 'same database'
    : 'between databases'

/** The failpoints that a move between these two comes by, read from the code that names them. */
export const failpointsOf = (from: TestPlacement, to: TestPlacement): Failpoint[] =>
  Object.entries(failpoints)
    .filter(([, when]) => when === 'any' || when === pathBetween(from, to))
    .map(([name]) => name as Failpoint)

/** The failpoints of a move that come when it was confirmed. */
export const afterSwitch: Failpoint[] = ['in the clean-up', 'source removed']

/**
 * `misplaced`: rows that are still, or again, in the shared schema when the tenant lives elsewhere.
 */
export type Interrupted = { verdict: Verdict & { misplaced: number }; ledger: Ledger; move: Move }

/**
 * One move, or one way back, that `ask` asks for, struck at a failpoint while a writer writes: with
 * `kill` the worker ends itself there and another one is started; with `stop` it stands still while
 * `strike` begins to do its harm, and goes on in the middle of it. Out: what the writer's ledger
 * says of the rows at the end, when the old place is gone.
 */
export async function interruptMove(
  tenant: Inhabitant,
  ask: () => Promise<Move>,
  failpoint: Failpoint,
  how: 'kill' | 'stop',
  strike = async () => {},
): Promise<Interrupted> {
  const writer = writerFor(tenant, 120)
  await writer.start(3)
  const first = new WorkerProcess({ how, failpoint })
  let second: WorkerProcess | undefined
  try {
    const move = await ask()
    if (afterSwitch.includes(failpoint) && move.rollsBack === null) {
      await waitForState(move, ['switched'], first)
      await requestConfirm(tenancy(), actionOn(tenant))
    }
    await first.waitForFailpoint(failpoint)
    const striking = strike()
    if (how === 'stop') first.wake()
    await striking
    await sleep(500)
    // a worker that has ended is started again, as by a supervisor
    if (how === 'kill' || first.child.exitCode !== null) second = new WorkerProcess()
    const worker = second ?? first
    const switched = await waitForState(
      move,
      ['switched', 'confirmed', 'cleaned', 'aborted'],
      worker,
    )
    if (switched.state === 'aborted')
      throw new Error(`the move was aborted: ${switched.error}\n${worker.output}`)
    // a way back has no grace period: the worker confirms it
    if (switched.state === 'switched' && switched.confirmBy === null && move.rollsBack === null)
      await requestConfirm(tenancy(), actionOn(tenant))
    const done = await waitForState(move, ['cleaned'], worker)
    const ledger = await writer.stop()
    const misplaced =
      done.target.kind === 'shared' ? 0 : await countRemaining(mainAdmin(), 'shared', tenant.id)
    return { verdict: { ...(await judge(tenant.id, ledger)), misplaced }, ledger, move: done }
  } finally {
    await writer.stop()
    await first.end('SIGKILL')
    await second?.end()
  }
}
