import { afterAll, expect, test } from 'vitest'
import { runFleet } from '#tenancy/migrations/run-migrations'
import { addColumn, withMore } from '#tenancy/testing/migrations/histories'
import type { TestTenant } from '#tenancy/testing/fixture/test-tenants'
import type { Failpoint } from '#tenancy/moves/failpoints'
import { requestMove } from '#tenancy/moves/requests'
import { interruptMove } from '#tenancy/testing/moves/killing'
import { WorkerProcess } from '#tenancy/testing/moves/worker'
import { removeTenants, waitForState, createTenantIn } from '#tenancy/testing/moves/fixture'
import { closePools } from '#tenancy/registry/pools'
import { placementOf } from '#tenancy/registry/placements'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

// A short selection. `npm run test:chaos` covers every failpoint in every direction, and kills
// servers too.
const made: TestTenant[] = []
afterAll(async () => {
  await removeTenants(made)
  await closePools(tenancy())
})

const cases: [Failpoint, 'schema' | 'database'][] = [
  ['in the switch', 'schema'],
  ['source fenced', 'database'],
]

test.each(cases)(
  'when a worker dies at: %s, on the way to a %s, another takes over and the tenant loses nothing',
  { timeout: 90_000 },
  async (failpoint, to) => {
    const tenant = await createTenantIn('shared', 'killed', 20)
    made.push(tenant)
    const { differences, ledger, move } = await interruptMove(
      tenant,
      () => requestMove(tenancy(), { tenantId: tenant.id, to, actor: 'test', reason: 'test' }),
      failpoint,
      'kill',
    )
    expect(differences).toEqual({ lost: 0, doubled: 0, misplaced: 0, resurrected: 0, examples: [] })
    expect(ledger.doubts).toBe(0)
    expect(move.state).toBe('cleaned')
  },
)

test(
  'a fleet run waits for a move under way and names it, then migrates the tenant in its new location',
  { timeout: 90_000 },
  async () => {
    const tenant = await createTenantIn('shared', 'meeting', 5)
    made.push(tenant)
    const worker = new WorkerProcess({ how: 'stop', failpoint: 'in a chunk' })
    try {
      const move = await requestMove(tenancy(), {
        tenantId: tenant.id,
        to: 'schema',
        actor: 'test',
        reason: 'test',
      })
      await worker.waitForFailpoint('in a chunk')
      const histories = await withMore(tenancy(), addColumn('ripe_at'))
      const waited: string[] = []
      const onProgress = ({ waiting }: { waiting: string | null }) => {
        if (waiting !== null && waited.push(waiting) === 1) worker.wake()
      }
      const result = await runFleet(tenancy(), { histories, tries: 10, onProgress })
      expect(waited[0]).toMatch(
        new RegExp(`^shared: locked by rowhouse move of ${tenant.slug} \\(process \\d+\\)`),
      )
      expect(result).toMatchObject({ state: 'done', left: 0 })
      await waitForState(move, ['switched'], worker)
      expect(await runFleet(tenancy(), { histories })).toMatchObject({ state: 'done', left: 0 })
      expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'schema' })
    } finally {
      await worker.end('SIGKILL')
    }
  },
)
