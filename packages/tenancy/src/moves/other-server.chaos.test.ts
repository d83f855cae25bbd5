import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestTenant } from '#tenancy/testing/fixture/test-tenants'
import type { Failpoint } from '#tenancy/moves/failpoints'
import { requestMove } from '#tenancy/moves/requests'
import { failpointsOf, interruptMove } from '#tenancy/testing/moves/killing'
import { MortalServer, Wire } from '#tenancy/testing/moves/server'
import {
  removeTenants,
  pairs,
  createTenantIn,
  type TestPlacement,
} from '#tenancy/testing/moves/fixture'
import { closePools } from '#tenancy/registry/pools'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

// A server other than the main one is killed or cut off. It is the target on the way there and the
// source on the way back.
const server = new MortalServer('chaos2')
let wire: Wire
let throughWire: string
const made: TestTenant[] = []
beforeAll(async () => {
  await server.start()
  wire = new Wire(server.adminUrl)
  throughWire = await wire.open(server.adminUrl)
}, 60_000)
afterAll(async () => {
  await removeTenants(made)
  await closePools(tenancy())
  await wire.close()
  await server.stop()
}, 60_000)

const nothing = { lost: 0, doubled: 0, misplaced: 0, resurrected: 0, examples: [] }
const froms = pairs.flatMap(([from, to]) =>
  to === 'other-server' && from !== 'other-server' ? [from] : [],
)

/** Moves there and back with a fault at the same failpoint each time, while a writer writes. */
async function thereAndBack(
  from: Exclude<TestPlacement, 'other-server'>,
  failpoint: Failpoint,
  strike: () => Promise<void>,
): Promise<void> {
  const tenant = await createTenantIn(from, 'server', 20)
  made.push(tenant)
  for (const way of [{ to: 'database', databaseUrl: throughWire } as const, { to: from }]) {
    const { differences } = await interruptMove(
      tenant,
      () => requestMove(tenancy(), { tenantId: tenant.id, ...way, actor: 'test', reason: 'test' }),
      failpoint,
      'stop',
      strike,
    )
    expect(differences).toEqual(nothing)
  }
}

async function cut(): Promise<void> {
  wire.cut()
  await sleep(7000)
  wire.mend()
}

describe.each(froms)('between %s and another server', (from) => {
  const failpoints = failpointsOf(from, 'other-server')

  test.each(failpoints)(
    'that server is killed and comes back, in both directions, at: %s',
    async (failpoint) => {
      await thereAndBack(from, failpoint, () => server.die())
      expect(made.at(-1)).toBeDefined()
    },
  )

  test.each(failpoints)(
    'the network to it is cut for seven seconds, in both directions, at: %s',
    async (failpoint) => {
      await thereAndBack(from, failpoint, cut)
      expect(made.at(-1)).toBeDefined()
    },
  )
})
