import { expect } from 'vitest'
import { tenancy } from '#tenancy/testing/fixture/tenancy'
import type { Inhabitant } from '#tenancy/testing/fixture/world'
import { requestConfirm } from '#tenancy/moves/move-actions'
import { requestMove, requestRollback } from '#tenancy/moves/requests'
import {
  driven,
  fingerprint,
  judge,
  mainAdmin,
  remains,
  requestTo,
  settleIn,
  tierOf,
  writerFor,
  type Place,
} from '#tenancy/testing/moves/world'
import { placementOf } from '#tenancy/registry/placements'

const nothing = { lost: 0, doubled: 0, resurrected: 0, examples: [] }

/**
 * A tenant that writes all the while goes to a place, is rolled back, goes again and stays. Out:
 * who has to be taken away at the end.
 */
export async function roundTrip(from: Place, to: Place): Promise<Inhabitant[]> {
  const [tenant, neighbour] = [
    await settleIn(from, `${from}-${to}`, 60),
    await settleIn('shared', 'neighbour', 20),
  ]
  const untouched = await fingerprint(neighbour.id)
  const writer = writerFor(tenant, 200)
  await writer.start(3)

  const there = await driven(await requestMove(tenancy(), await requestTo(to, tenant.id)))
  expect(there).toMatchObject({ state: 'switched', error: null })
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({
    kind: to === 'elsewhere' ? 'database' : to,
    epoch: there.source.epoch + 1,
  })
  expect(await tierOf(tenant.id)).toBe(there.tierTo)
  const back = await driven(
    await requestRollback(tenancy(), {
      tenantId: tenant.id,
      slug: tenant.slug,
      actor: 'test',
      reason: 'test',
    }),
  )
  expect(back).toMatchObject({ state: 'cleaned', error: null })
  expect(await tierOf(tenant.id)).toBe(there.tierFrom)
  await driven(await requestMove(tenancy(), await requestTo(to, tenant.id)))
  const ledger = await writer.stop()
  const final = await fingerprint(tenant.id)
  const done = await driven(
    await requestConfirm(tenancy(), { tenantId: tenant.id, slug: tenant.slug, actor: 'test' }),
  )

  expect(done).toMatchObject({ state: 'cleaned', error: null })
  expect(ledger.transactions).toBeGreaterThan(20)
  expect(ledger).toMatchObject({ refusals: 0, doubts: 0 })
  expect(await judge(tenant.id, ledger)).toEqual(nothing)
  expect(await fingerprint(tenant.id)).toEqual(final)
  expect(await fingerprint(neighbour.id)).toEqual(untouched)
  if (to !== 'shared') expect(await remains(mainAdmin(), 'shared', tenant.id)).toBe(0)
  return [tenant, neighbour]
}
