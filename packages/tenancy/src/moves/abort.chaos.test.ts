import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkFleet } from '#tenancy/checks/doctor'
import type { TestTenant } from '#tenancy/testing/fixture/test-tenants'
import type { Move } from '#tenancy/moves/move-store'
import type { Failpoint } from '#tenancy/moves/failpoints'
import { requestAbort } from '#tenancy/moves/move-actions'
import { requestMove } from '#tenancy/moves/requests'
import { failpointsOf } from '#tenancy/testing/moves/killing'
import {
  actionOn,
  directions,
  compareWithLedger,
  removeTenants,
  remainingAt,
  waitForState,
  requestTo,
  createTenantIn,
  writerFor,
} from '#tenancy/testing/moves/fixture'
import { WorkerProcess } from '#tenancy/testing/moves/worker'
import { closePools } from '#tenancy/registry/pools'
import { placementOf } from '#tenancy/registry/placements'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

// A move is aborted at each failpoint before its switch, and the worker that undoes it is killed
// too.
const made: TestTenant[] = []
afterAll(async () => {
  await removeTenants(made)
  await closePools(tenancy())
})

/** True for failpoints at which a move can still be aborted. */
function isInTime(failpoint: Failpoint, all: Failpoint[]): boolean {
  const end = all.findIndex((one) => one === 'target opened' || one === 'switched')
  return all.indexOf(failpoint) < end
}

async function abortAt(
  tenant: TestTenant,
  ask: () => Promise<Move>,
  failpoint: Failpoint,
): Promise<Move> {
  const first = new WorkerProcess({ how: 'kill', failpoint })
  const others: WorkerProcess[] = []
  try {
    const move = await ask()
    await first.waitForFailpoint(failpoint)
    await requestAbort(tenancy(), actionOn(tenant))
    const second = new WorkerProcess({ how: 'kill', failpoint: 'in the clean-up' })
    others.push(second)
    // before the target exists there is nothing to clean up
    await Promise.any([
      second.waitForFailpoint('in the clean-up'),
      waitForState(move, ['aborted'], second),
    ])
    const third = new WorkerProcess()
    others.push(third)
    return await waitForState(move, ['aborted'], third)
  } finally {
    for (const worker of [first, ...others]) await worker.end('SIGKILL')
  }
}

describe.each(directions)('from %s to %s', (from, to) => {
  let tenant: TestTenant
  beforeAll(
    async () => void made.push((tenant = await createTenantIn(from, `${from}-${to}`, 40))),
    60_000,
  )

  test.each(failpointsOf(from, to).filter((failpoint, _, all) => isInTime(failpoint, all)))(
    'aborted at: %s, by a worker that is killed too',
    async (failpoint) => {
      const home = await placementOf(tenancy(), tenant.id)
      const request = await requestTo(to, tenant.id)
      const writer = writerFor(tenant, 120)
      await writer.start(3)
      const move = await abortAt(tenant, () => requestMove(tenancy(), request), failpoint)
      const { transactions } = writer.ledger
      await sleep(500)
      const ledger = await writer.stop()
      expect(ledger.transactions).toBeGreaterThan(transactions)
      expect(ledger.doubts).toBe(0)
      expect(await compareWithLedger(tenant.id, ledger)).toEqual({
        lost: 0,
        doubled: 0,
        resurrected: 0,
        examples: [],
      })
      const { kind, server, database, schema } = await placementOf(tenancy(), tenant.id)
      expect({ kind, server, database, schema }).toEqual({
        kind: home.kind,
        server: home.server,
        database: home.database,
        schema: home.schema,
      })
      expect(await remainingAt(move.target, tenant.id)).toBe(0)
    },
  )
})

test('all invariants hold afterwards', async () => {
  expect((await checkFleet(tenancy())).findings).toEqual([])
})
