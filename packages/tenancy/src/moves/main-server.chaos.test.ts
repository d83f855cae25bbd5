import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inDatabase } from '#tenancy/base/connect'
import { logins } from '#tenancy/base/tenancy'
import { requestMove } from '#tenancy/moves/requests'
import { failpointsOf, interruptMove } from '#tenancy/testing/moves/killing'
import { MortalServer } from '#tenancy/testing/moves/server'
import { removeTenants, pairs, requestTo, createTenantIn } from '#tenancy/testing/moves/fixture'
import { closePools } from '#tenancy/registry/pools'
import { setup } from '#tenancy/setup'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

// The main database's server is killed while the worker and the app run. Acknowledged writes
// survive; transactions in doubt are complete or absent.
const main = new MortalServer('chaos')
beforeAll(async () => {
  await main.start()
  const url = inDatabase(main.adminUrl, 'rowhouse')
  process.env.DATABASE_URL = url
  // without these settings, the logins would be on this server too
  for (const login of logins) delete process.env[`${login.toUpperCase()}_DATABASE_URL`]
  await setup(tenancy(), { adminUrl: url })
}, 120_000)
afterAll(async () => {
  await closePools(tenancy())
  await removeTenants([])
  await main.stop()
})

describe.each(pairs)('between %s and %s', (from, to) => {
  test.each(failpointsOf(from, to))(
    'the main server is killed and comes back, in both directions, at: %s',
    async (failpoint) => {
      const tenant = await createTenantIn(from, 'main', 20)
      for (const target of [to, from]) {
        const request = await requestTo(target, tenant.id)
        const { differences } = await interruptMove(
          tenant,
          () => requestMove(tenancy(), request),
          failpoint,
          'stop',
          () => main.die(),
        )
        expect(differences).toEqual({
          lost: 0,
          doubled: 0,
          misplaced: 0,
          resurrected: 0,
          examples: [],
        })
      }
    },
  )
})
