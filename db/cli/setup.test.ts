import { afterAll, beforeAll, expect, test } from 'vitest'
import { closePools, placementOf, privateName } from '@rowhouse/tenancy'
import { withConnection, inDatabase, unprovision } from '@rowhouse/tenancy/admin'
import { checkFleet } from '@rowhouse/tenancy/checks'
import { run } from '#db/cli/setup'
import { createTestTenant, type TestTenant } from '#db/isolation/testing/test-tenants'
import { tenancy } from '#db/tenancy'

let tenant: TestTenant
beforeAll(async () => void (tenant = await createTestTenant('database', 'old', 1)))
afterAll(async () => {
  await unprovision(tenancy(), tenant.id, await placementOf(tenancy(), tenant.id))
  await closePools(tenancy())
})

test('setup also updates the functions in dedicated databases', async () => {
  const url = inDatabase(process.env.DATABASE_URL ?? '', privateName(tenant.id))
  await withConnection(url, (client) =>
    client.query(
      `drop function tenancy.reassign_move(uuid, uuid, uuid); update tenancy.applied_migrations set sha256 = 'of an older build' where migration = 'functions'`,
    ),
  )
  expect((await checkFleet(tenancy())).findings).toMatchObject([
    { check: 'build', target: privateName(tenant.id) },
  ])
  expect(await run({ values: {}, positionals: [] })).toMatchObject({
    json: { ready: true, missed: [] },
  })
  expect((await checkFleet(tenancy())).findings).toEqual([])
})
