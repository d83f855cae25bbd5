import { afterAll, expect, test } from 'vitest'
import type { TestTenant } from '#tenancy/testing/fixture/test-tenants'
import { runTasks } from '#tenancy/tasks/run-tasks'
import { scheduledTasks } from '#tenancy/tasks/scheduled-tasks'
import { readMove } from '#tenancy/moves/move-store'
import { requestMove } from '#tenancy/moves/requests'
import {
  perform,
  holdOpen,
  removeTenants,
  waitForState,
  createTenantIn,
} from '#tenancy/testing/moves/fixture'
import { closePools } from '#tenancy/registry/pools'
import { type PlacementKind } from '#tenancy/base/tenancy'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

const made: TestTenant[] = []
afterAll(async () => {
  await removeTenants(made)
  await closePools(tenancy())
})

test(
  'a move that was interrupted at the switch does not wait for other moves',
  { timeout: 60_000 },
  async () => {
    const [a, b, left] = [
      await createTenantIn('schema', 'a', 3),
      await createTenantIn('schema', 'b', 3),
      await createTenantIn('shared', 'left', 3),
    ]
    made.push(a, b, left)
    const ask = ({ id: tenantId }: TestTenant, to: PlacementKind) =>
      requestMove(tenancy(), { tenantId, to, actor: 'test', reason: 'test' })
    const older = [await ask(a, 'shared'), await ask(b, 'shared')]
    const move = await perform(await ask(left, 'schema'), 'verified')
    const open = Promise.all([a, b].map((tenant) => holdOpen(tenant, 6000)))
    const stop = new AbortController()
    const moves = scheduledTasks(tenancy()).filter(({ name }) => name === 'moves')
    const running = runTasks(tenancy(), moves, { stopping: stop.signal })
    await waitForState(move, ['switched'])
    for (const { id } of older)
      expect(['requested', 'provisioned']).toContain((await readMove(tenancy(), id)).state)
    await open
    stop.abort()
    await running
  },
)
