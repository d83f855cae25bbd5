import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { TestTenant } from '#tenancy/testing/fixture/test-tenants'
import { readEvents, readMove } from '#tenancy/moves/move-store'
import { requestAbort } from '#tenancy/moves/move-actions'
import { requestMove } from '#tenancy/moves/requests'
import {
  actionOn,
  compareWithLedger,
  removeTenants,
  waitForState,
  createTenantIn,
  writerFor,
} from '#tenancy/testing/moves/fixture'
import { MortalServer } from '#tenancy/testing/moves/server'
import { WorkerProcess } from '#tenancy/testing/moves/worker'
import { closePools } from '#tenancy/registry/pools'
import type { Writer } from '#tenancy/testing/writer'
import { placementOf } from '#tenancy/registry/placements'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

// Between the two commits of a switch between databases, the tenant is open in neither.
const made: TestTenant[] = []
const workers: WorkerProcess[] = []
const started = (worker: WorkerProcess) => (workers.push(worker), worker)
let tenant: TestTenant
let writer: Writer
beforeEach(async () => {
  tenant = await createTenantIn('shared', 'limbo', 20)
  made.push(tenant)
  writer = writerFor(tenant, 100)
  await writer.start(3)
}, 60_000)
afterAll(async () => {
  for (const worker of workers) await worker.end('SIGKILL')
  await removeTenants(made)
  await closePools(tenancy())
}, 60_000)

const nothing = { lost: 0, doubled: 0, resurrected: 0, examples: [] }
const toDatabase = () =>
  requestMove(tenancy(), { tenantId: tenant.id, to: 'database', actor: 'test', reason: 'test' })

test('when a worker dies there, another takes over within seconds; until then writes wait or are refused, and none is lost', async () => {
  const first = started(new WorkerProcess({ how: 'kill', failpoint: 'source fenced' }))
  const move = await toDatabase()
  await waitForState(move, ['provisioned', 'capturing', 'copied'], first)
  const second = started(new WorkerProcess())
  await first.waitForFailpoint('source fenced')
  const died = performance.now()
  await waitForState(move, ['switched'], second)
  expect(performance.now() - died).toBeLessThan(6000)
  const ledger = await writer.stop()
  expect(await compareWithLedger(tenant.id, ledger)).toEqual(nothing)
  expect(ledger.doubts).toBe(0)
  await second.end()
})

test('when a worker freezes there, another takes over, and the first does no harm when it wakes', async () => {
  const first = started(new WorkerProcess({ how: 'stop', failpoint: 'source fenced' }))
  const move = await toDatabase()
  await first.waitForFailpoint('source fenced')
  const second = started(new WorkerProcess())
  await waitForState(move, ['switched'], second)
  first.wake()
  await new Promise((resolve) => setTimeout(resolve, 3000))
  const ledger = await writer.stop()
  expect(await compareWithLedger(tenant.id, ledger)).toEqual(nothing)
  expect((await readMove(tenancy(), move.id)).state).toBe('switched')
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'database', epoch: 2 })
  await first.end('SIGKILL')
  await second.end()
})

test('after an abort there, the tenant continues in its source and the target never opens', async () => {
  const first = started(new WorkerProcess({ how: 'kill', failpoint: 'source fenced' }))
  const move = await toDatabase()
  await first.waitForFailpoint('source fenced')
  await requestAbort(tenancy(), actionOn(tenant))
  const second = started(new WorkerProcess())
  await waitForState(move, ['aborted'], second)
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared', epoch: 3 })
  await sleep(1000)
  const ledger = await writer.stop()
  expect(await compareWithLedger(tenant.id, ledger)).toEqual(nothing)
  expect(ledger.doubts).toBe(0)
  await second.end()
})

test.each(['target closed', 'registry switched back'] as const)(
  'after an abort there by a worker that is killed at: %s, the tenant still continues in its source',
  async (failpoint) => {
    const first = started(new WorkerProcess({ how: 'kill', failpoint: 'source fenced' }))
    const move = await toDatabase()
    await first.waitForFailpoint('source fenced')
    await requestAbort(tenancy(), actionOn(tenant))
    const second = started(new WorkerProcess({ how: 'kill', failpoint }))
    await second.waitForFailpoint(failpoint)
    const third = started(new WorkerProcess())
    await waitForState(move, ['aborted'], third)
    expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared', epoch: 3 })
    const { transactions } = writer.ledger
    await sleep(1000)
    const ledger = await writer.stop()
    expect(ledger.transactions).toBeGreaterThan(transactions)
    expect(await compareWithLedger(tenant.id, ledger)).toEqual(nothing)
    await third.end()
  },
)

test('an abort a moment later is too late, and the move completes', async () => {
  const first = started(new WorkerProcess({ how: 'kill', failpoint: 'target opened' }))
  const move = await toDatabase()
  await first.waitForFailpoint('target opened')
  await requestAbort(tenancy(), actionOn(tenant))
  const second = started(new WorkerProcess())
  expect(await waitForState(move, ['switched'], second)).toMatchObject({
    abortBy: null,
    error: null,
  })
  expect((await readEvents(tenancy(), move.id)).map(({ event }) => event)).toContain(
    'abort_too_late',
  )
  expect(await compareWithLedger(tenant.id, await writer.stop())).toEqual(nothing)
  await second.end()
})

test('if the target stays down, the tenant is reopened in its source, and the move ends once the server is back', async () => {
  const server = new MortalServer('chaos3')
  await server.start()
  try {
    const worker = started(new WorkerProcess({ how: 'stop', failpoint: 'source fenced' }))
    const move = await requestMove(tenancy(), {
      tenantId: tenant.id,
      to: 'database',
      databaseUrl: server.adminUrl,
      actor: 'test',
      reason: 'test',
    })
    await worker.waitForFailpoint('source fenced')
    const down = server.die(40_000)
    worker.wake()
    const began = performance.now()
    await waitForState(move, ['aborting'], worker)
    const { transactions } = writer.ledger
    while (writer.ledger.transactions < transactions + 20) await sleep(100)
    expect(performance.now() - began).toBeLessThan(30_000)
    expect((await readMove(tenancy(), move.id)).state).toBe('aborting')
    await down
    await waitForState(move, ['aborted'], worker)
    expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared', epoch: 3 })
    expect(await compareWithLedger(tenant.id, await writer.stop())).toEqual(nothing)
    await worker.end()
  } finally {
    await server.stop()
  }
})
