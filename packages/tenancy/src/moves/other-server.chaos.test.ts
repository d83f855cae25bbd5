import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Inhabitant } from '#db/isolation/testing/world'
import type { Moment } from '#db/move/moments'
import { requestMove } from '#db/move/request'
import { momentsOf, struckMove } from '#db/move/testing/killing'
import { MortalServer, Wire } from '#db/move/testing/server'
import { leave, pairs, settleIn, type Place } from '#db/move/testing/world'
import { closePools } from '#db/pools'

// Another server than the main one, which is the target on the way there and the source on the way
// back, is killed or cut off.
const server = new MortalServer('faults2')
let wire: Wire
let throughWire: string
const made: Inhabitant[] = []
beforeAll(async () => {
  await server.start()
  wire = new Wire(server.adminUrl)
  throughWire = await wire.open(server.adminUrl)
}, 60_000)
afterAll(async () => {
  await leave(made)
  await closePools()
  await wire.close()
  await server.stop()
}, 60_000)

const nothing = { lost: 0, doubled: 0, misplaced: 0, resurrected: 0, examples: [] }
const froms = pairs.flatMap(([from, to]) =>
  to === 'elsewhere' && from !== 'elsewhere' ? [from] : [],
)

/** There and back, struck both times at a moment while a writer writes. */
async function thereAndBack(
  from: Exclude<Place, 'elsewhere'>,
  moment: Moment,
  strike: () => Promise<void>,
): Promise<void> {
  const tenant = await settleIn(from, 'server', 20)
  made.push(tenant)
  for (const way of [{ to: 'database', databaseUrl: throughWire } as const, { to: from }]) {
    const { verdict } = await struckMove(
      tenant,
      () => requestMove({ tenantId: tenant.id, ...way, actor: 'test', reason: 'test' }),
      moment,
      'stop',
      strike,
    )
    expect(verdict).toEqual(nothing)
  }
}

async function cut(): Promise<void> {
  wire.cut()
  await sleep(7000)
  wire.mend()
}

describe.each(froms)('between %s and another server', (from) => {
  const moments = momentsOf(from, 'elsewhere')

  test.each(moments)(
    'that server is killed and comes back, on both ways, at: %s',
    async (moment) => {
      await thereAndBack(from, moment, () => server.die())
      expect(made.at(-1)).toBeDefined()
    },
  )

  test.each(moments)(
    'the network to it is cut for seven seconds, on both ways, at: %s',
    async (moment) => {
      await thereAndBack(from, moment, cut)
      expect(made.at(-1)).toBeDefined()
    },
  )
})
