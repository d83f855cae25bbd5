import { afterAll, expect, test } from 'vitest'
import { requestMove, requestRollback } from '#tenancy/moves/requests'
import { placementOf } from '#tenancy/registry/placements'
import { closePools } from '#tenancy/registry/pools'
import { tenancy } from '#tenancy/testing/fixture/tenancy'
import { createTestTenant, type TestTenant } from '#tenancy/testing/fixture/test-tenants'
import { actionOn, perform, removeTenants, tierOf } from '#tenancy/testing/moves/fixture'

// A tier does not determine the placement: two tiers here are shared.
const made: TestTenant[] = []
afterAll(async () => {
  await removeTenants(made)
  await closePools(tenancy())
})

const asked = { actor: 'test', reason: 'test' }

test('a rollback restores the tier, even if another tier has the same placement', async () => {
  const tenant = await createTestTenant('shared', 'plus', 5, 'plus')
  made.push(tenant)
  const there = await perform(
    await requestMove(tenancy(), { tenantId: tenant.id, to: 'schema', tier: 'business', ...asked }),
  )
  expect(there).toMatchObject({ state: 'switched', tierFrom: 'plus', tierTo: 'business' })
  expect(await tierOf(tenant.id)).toBe('business')
  const back = await perform(await requestRollback(tenancy(), actionOn(tenant)))
  expect(back).toMatchObject({ state: 'cleaned', tierFrom: 'business', tierTo: 'plus' })
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared' })
  expect(await tierOf(tenant.id)).toBe('plus')
})

test('a tenant keeps its tier in every move and rollback whose request names no tier', async () => {
  const tenant = await createTestTenant('shared', 'keeps', 5, 'plus')
  made.push(tenant)
  expect(
    await perform(await requestMove(tenancy(), { tenantId: tenant.id, to: 'schema', ...asked })),
  ).toMatchObject({ state: 'switched', tierFrom: 'plus', tierTo: 'plus' })
  expect(await tierOf(tenant.id)).toBe('plus')
  await perform(await requestRollback(tenancy(), actionOn(tenant)))
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared' })
  expect(await tierOf(tenant.id)).toBe('plus')
})

test('a tenant of tier enterprise that moves to the shared tables stays enterprise', async () => {
  const tenant = await createTestTenant('database', 'large', 5)
  made.push(tenant)
  expect(
    await perform(await requestMove(tenancy(), { tenantId: tenant.id, to: 'shared', ...asked })),
  ).toMatchObject({ state: 'switched', tierFrom: 'enterprise', tierTo: 'enterprise' })
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared' })
  expect(await tierOf(tenant.id)).toBe('enterprise')
})
