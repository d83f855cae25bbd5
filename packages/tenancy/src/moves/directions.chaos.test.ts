import { afterAll, expect, test } from 'vitest'
import { checkFleet } from '#tenancy/checks/doctor'
import type { TestTenant } from '#tenancy/testing/fixture/test-tenants'
import { roundTrip } from '#tenancy/testing/moves/round-trip'
import { directions, removeTenants } from '#tenancy/testing/moves/fixture'
import { closePools } from '#tenancy/registry/pools'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

const made: TestTenant[] = []
afterAll(async () => {
  await removeTenants(made)
  await closePools(tenancy())
})

test.each(directions)(
  'a tenant that keeps writing loses nothing when moved from %s to %s, rolled back, and moved again',
  async (from, to) => {
    const tenants = await roundTrip(from, to)
    made.push(...tenants)
    expect(tenants).toHaveLength(2)
  },
)

test('all invariants hold afterwards', async () => {
  expect((await checkFleet(tenancy())).findings).toEqual([])
})
