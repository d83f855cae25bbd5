import { afterAll, expect, test } from 'vitest'
import { examineFleet } from '#db/doctor/doctor'
import type { Inhabitant } from '#db/isolation/testing/world'
import { roundTrip } from '#db/move/testing/round-trip'
import { leave } from '#db/move/testing/world'
import { closePools } from '#db/pools'

const made: Inhabitant[] = []
afterAll(async () => {
  await leave(made)
  await closePools()
})

// one within the main database and one between two; `npm run test:faults` has all twelve, and kills
// movers on the way
test.each([
  ['shared', 'schema'],
  ['shared', 'database'],
] as const)(
  'from %s to %s a tenant that writes loses nothing, there and back and there for good',
  { timeout: 90_000 },
  async (from, to) => {
    const residents = await roundTrip(from, to)
    made.push(...residents)
    expect(residents).toHaveLength(2)
  },
)

test('afterwards every invariant holds', async () => {
  expect((await examineFleet()).findings).toEqual([])
})
