import { expect } from 'vitest'
import { tenancy } from '#tenancy/testing/fixture/tenancy'
import type { TestTenant } from '#tenancy/testing/fixture/test-tenants'
import { requestConfirm } from '#tenancy/moves/move-actions'
import { requestMove, requestRollback } from '#tenancy/moves/requests'
import {
  actionOn,
  perform,
  fingerprint,
  compareWithLedger,
  mainAdmin,
  countRemaining,
  requestTo,
  createTenantIn,
  tierOf,
  writerFor,
  type TestPlacement,
} from '#tenancy/testing/moves/fixture'
import { placementOf } from '#tenancy/registry/placements'

const nothing = { lost: 0, doubled: 0, resurrected: 0, examples: [] }

/**
 * Moves a tenant under constant writes, rolls it back, moves it again and confirms.
 * @returns The tenants to remove at the end.
 */
export async function roundTrip(from: TestPlacement, to: TestPlacement): Promise<TestTenant[]> {
  const [tenant, neighbour] = [
    await createTenantIn(from, `${from}-${to}`, 60),
    await createTenantIn('shared', 'neighbour', 20),
  ]
  const untouched = await fingerprint(neighbour.id)
  const writer = writerFor(tenant, 200)
  await writer.start(3)

  const there = await perform(await requestMove(tenancy(), await requestTo(to, tenant.id)))
  expect(there).toMatchObject({ state: 'switched', error: null })
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({
    kind: to === 'other-server' ? 'database' : to,
    epoch: there.source.epoch + 1,
  })
  expect(await tierOf(tenant.id)).toBe(there.tierTo)
  const back = await perform(await requestRollback(tenancy(), actionOn(tenant)))
  expect(back).toMatchObject({ state: 'cleaned', error: null })
  expect(await tierOf(tenant.id)).toBe(there.tierFrom)
  await perform(await requestMove(tenancy(), await requestTo(to, tenant.id)))
  const ledger = await writer.stop()
  const final = await fingerprint(tenant.id)
  const done = await perform(await requestConfirm(tenancy(), actionOn(tenant)))

  expect(done).toMatchObject({ state: 'cleaned', error: null })
  expect(ledger.transactions).toBeGreaterThan(20)
  expect(ledger).toMatchObject({ refusals: 0, doubts: 0 })
  expect(await compareWithLedger(tenant.id, ledger)).toEqual(nothing)
  expect(await fingerprint(tenant.id)).toEqual(final)
  expect(await fingerprint(neighbour.id)).toEqual(untouched)
  if (to !== 'shared') expect(await countRemaining(mainAdmin(), 'shared', tenant.id)).toBe(0)
  return [tenant, neighbour]
}
