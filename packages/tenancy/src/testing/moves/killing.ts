import { setTimeout as sleep } from 'node:timers/promises'
import type { Move } from '#tenancy/moves/move-store'
import { failpoints, type Failpoint } from '#tenancy/moves/failpoints'
import { requestConfirm } from '#tenancy/moves/move-actions'
import { tenancy } from '#tenancy/testing/fixture/tenancy'
import type { TestTenant } from '#tenancy/testing/fixture/test-tenants'
import type { LedgerDifferences } from '#tenancy/testing/compare-with-ledger'
import { WorkerProcess } from '#tenancy/testing/moves/worker'
import {
  actionOn,
  compareWithLedger,
  mainAdmin,
  waitForState,
  countRemaining,
  writerFor,
  type TestPlacement,
} from '#tenancy/testing/moves/fixture'
import type { Ledger } from '#tenancy/testing/writer'

const pathBetween = (
  from: TestPlacement,
  to: TestPlacement,
): 'same database' | 'between databases' =>
  [from, to].every((placement) => placement === 'shared' || placement === 'schema')
    ? 'same database'
    : 'between databases'

/** Returns the failpoints that a move between two placements reaches. */
export const failpointsOf = (from: TestPlacement, to: TestPlacement): Failpoint[] =>
  Object.entries(failpoints)
    .filter(([, when]) => when === 'any' || when === pathBetween(from, to))
    .map(([name]) => name as Failpoint)

/** The failpoints that a move reaches after it was confirmed. */
export const afterSwitch: Failpoint[] = ['in the clean-up', 'source removed']

/** `misplaced` counts rows in the shared schema of a tenant that has another placement. */
export type Interrupted = {
  differences: LedgerDifferences & { misplaced: number }
  ledger: Ledger
  move: Move
}

/**
 * Interrupts a move or rollback at a failpoint while a writer writes.
 * @param how - `kill`: the worker kills itself there, and another one is started. `stop`: it stops
 *   itself there, and continues while `strike` runs.
 * @returns The differences between the writer's ledger and the rows, after the clean-up.
 */
export async function interruptMove(
  tenant: TestTenant,
  request: () => Promise<Move>,
  failpoint: Failpoint,
  how: 'kill' | 'stop',
  strike = async () => {},
): Promise<Interrupted> {
  const writer = writerFor(tenant, 120)
  await writer.start(3)
  const first = new WorkerProcess({ how, failpoint })
  let second: WorkerProcess | undefined
  try {
    const move = await request()
    if (afterSwitch.includes(failpoint) && move.rollsBack === null) {
      await waitForState(move, ['switched'], first)
      await requestConfirm(tenancy(), actionOn(tenant))
    }
    await first.waitForFailpoint(failpoint)
    const striking = strike()
    if (how === 'stop') first.wake()
    await striking
    await sleep(500)
    // a supervisor would start a worker that has ended again
    if (how === 'kill' || first.child.exitCode !== null) second = new WorkerProcess()
    const worker = second ?? first
    const switched = await waitForState(
      move,
      ['switched', 'confirmed', 'cleaned', 'aborted'],
      worker,
    )
    if (switched.state === 'aborted')
      throw new Error(`the move was aborted: ${switched.error}\n${worker.output}`)
    // a rollback has no grace period: the worker confirms it
    if (switched.state === 'switched' && switched.confirmBy === null && move.rollsBack === null)
      await requestConfirm(tenancy(), actionOn(tenant))
    const done = await waitForState(move, ['cleaned'], worker)
    const ledger = await writer.stop()
    const misplaced =
      done.target.kind === 'shared' ? 0 : await countRemaining(mainAdmin(), 'shared', tenant.id)
    return {
      differences: { ...(await compareWithLedger(tenant.id, ledger)), misplaced },
      ledger,
      move: done,
    }
  } finally {
    await writer.stop()
    await first.end('SIGKILL')
    await second?.end()
  }
}
