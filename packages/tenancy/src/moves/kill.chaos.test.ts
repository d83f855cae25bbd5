import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { examineFleet } from '#db/doctor/doctor'
import type { Inhabitant } from '#db/isolation/testing/world'
import { momentsOf, struckMove } from '#db/move/testing/killing'
import { requestMove, requestRollback } from '#db/move/request'
import { driven, leave, pairs, requestTo, settleIn } from '#db/move/testing/world'
import { closePools } from '#db/pools'

// Every moment that the code names, in every direction: the worker is killed there, and another one
// goes on.
const nothing = { lost: 0, doubled: 0, misplaced: 0, resurrected: 0, examples: [] }

const made: Inhabitant[] = []
afterAll(async () => {
  await leave(made)
  await closePools()
})

describe.each(pairs)('between %s and %s', (from, to) => {
  let tenant: Inhabitant
  beforeAll(
    async () => void made.push((tenant = await settleIn(from, `${from}-${to}`, 40))),
    60_000,
  )

  test.each(momentsOf(from, to))('killed at: %s', async (moment) => {
    for (const target of [to, from]) {
      const request = await requestTo(target, tenant.id)
      const { verdict, ledger } = await struckMove(
        tenant,
        () => requestMove(request),
        moment,
        'kill',
      )
      expect(verdict).toEqual(nothing)
      expect(ledger.doubts).toBe(0)
      expect(ledger.transactions).toBeGreaterThan(5)
    }
  })

  // the way back is a move like any other, but between two places that both have rows
  test.each(momentsOf(from, to))('killed on the way back, at: %s', async (moment) => {
    expect(await driven(await requestMove(await requestTo(to, tenant.id)))).toMatchObject({
      state: 'switched',
    })
    const { verdict, ledger } = await struckMove(
      tenant,
      () => requestRollback(tenant.id, tenant.slug, 'test', 'test'),
      moment,
      'kill',
    )
    expect(verdict).toEqual(nothing)
    expect(ledger.doubts).toBe(0)
  })
})

test('afterwards every invariant holds', async () => {
  expect((await examineFleet()).findings).toEqual([])
})
