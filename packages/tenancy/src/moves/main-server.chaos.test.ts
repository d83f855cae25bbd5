import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inDatabase } from '#db/connect'
import { requestMove } from '#db/move/request'
import { momentsOf, struckMove } from '#db/move/testing/killing'
import { MortalServer } from '#db/move/testing/server'
import { leave, pairs, requestTo, settleIn } from '#db/move/testing/world'
import { closePools } from '#db/pools'
import { setup } from '#db/setup'

// The main database's server is killed under worker and app: what was acknowledged is there, what
// was in doubt is whole or not at all.
const main = new MortalServer('faults')
beforeAll(async () => {
  await main.start()
  const url = inDatabase(main.adminUrl, 'rowhouse')
  Object.assign(process.env, {
    DATABASE_URL: url,
    PLATFORM_DATABASE_URL: '',
    TENANT_DATABASE_URL: '',
    WORKER_DATABASE_URL: '',
    MIGRATOR_DATABASE_URL: '',
  })
  await setup({ adminUrl: url })
}, 120_000)
afterAll(async () => {
  await closePools()
  await leave([])
  await main.stop()
})

describe.each(pairs)('between %s and %s', (from, to) => {
  test.each(momentsOf(from, to))(
    'the main server is killed and comes back, on both ways, at: %s',
    async (moment) => {
      const tenant = await settleIn(from, 'main', 20)
      for (const target of [to, from]) {
        const request = await requestTo(target, tenant.id)
        const { verdict } = await struckMove(
          tenant,
          () => requestMove(request),
          moment,
          'stop',
          () => main.die(),
        )
        expect(verdict).toEqual({ lost: 0, doubled: 0, misplaced: 0, resurrected: 0, examples: [] })
      }
    },
  )
})
