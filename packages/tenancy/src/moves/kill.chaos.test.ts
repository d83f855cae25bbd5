import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkFleet } from '#tenancy/checks/doctor'
import type { TestTenant } from '#tenancy/testing/fixture/test-tenants'
import { failpointsOf, interruptMove } from '#tenancy/testing/moves/killing'
import { requestMove, requestRollback } from '#tenancy/moves/requests'
import {
  actionOn,
  perform,
  removeTenants,
  pairs,
  requestTo,
  createTenantIn,
} from '#tenancy/testing/moves/fixture'
import { closePools } from '#tenancy/registry/pools'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

// The worker is killed at every failpoint, in every direction, and another one continues.
const nothing = { lost: 0, doubled: 0, misplaced: 0, resurrected: 0, examples: [] }

const made: TestTenant[] = []
afterAll(async () => {
  await removeTenants(made)
  await closePools(tenancy())
})

describe.each(pairs)('between %s and %s', (from, to) => {
  let tenant: TestTenant
  beforeAll(
    async () => void made.push((tenant = await createTenantIn(from, `${from}-${to}`, 40))),
    60_000,
  )

  test.each(failpointsOf(from, to))('killed at: %s', async (failpoint) => {
    for (const target of [to, from]) {
      const request = await requestTo(target, tenant.id)
      const { differences, ledger } = await interruptMove(
        tenant,
        () => requestMove(tenancy(), request),
        failpoint,
        'kill',
      )
      expect(differences).toEqual(nothing)
      expect(ledger.doubts).toBe(0)
      expect(ledger.transactions).toBeGreaterThan(5)
    }
  })

  // unlike other moves, a rollback starts with rows at both ends
  test.each(failpointsOf(from, to))('killed during a rollback, at: %s', async (failpoint) => {
    expect(
      await perform(await requestMove(tenancy(), await requestTo(to, tenant.id))),
    ).toMatchObject({
      state: 'switched',
    })
    const { differences, ledger } = await interruptMove(
      tenant,
      () => requestRollback(tenancy(), actionOn(tenant)),
      failpoint,
      'kill',
    )
    expect(differences).toEqual(nothing)
    expect(ledger.doubts).toBe(0)
  })
})

test('all invariants hold afterwards', async () => {
  expect((await checkFleet(tenancy())).findings).toEqual([])
})
