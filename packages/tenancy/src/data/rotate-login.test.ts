import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rotateLogin } from '#tenancy/data/rotate-login'
import { requestAbort } from '#tenancy/moves/move-actions'
import { requestMove } from '#tenancy/moves/requests'
import { connectionString, placementOf } from '#tenancy/registry/placements'
import { closePools } from '#tenancy/registry/pools'
import { tenancy } from '#tenancy/testing/fixture/tenancy'
import {
  createTestTenants,
  removeTestTenants,
  queryAs,
  type TestTenants,
} from '#tenancy/testing/fixture/test-tenants'

let testTenants: TestTenants
beforeAll(async () => {
  testTenants = await createTestTenants(['shared', 'schema', 'database'])
})
afterAll(async () => {
  await removeTestTenants(testTenants)
  await closePools(tenancy())
})

const rotation = ({ id, slug }: { id: string; slug: string }) => ({
  tenantId: id,
  slug,
  actor: 'test',
  reason: 'leaked in a log',
})

test.each(['schema', 'database'] as const)(
  'the dedicated role of a %s gets a new password, sessions with the old one end, and the tenant stays available',
  async (kind) => {
    const [tenant] = testTenants[kind]
    const read = () => queryAs(tenant.owner, 'select * from notes order by number')
    const before = await read()
    expect(before).toHaveLength(6)
    const leaked = connectionString(tenancy(), await placementOf(tenancy(), tenant.id))
    const thief = new pg.Client({ connectionString: leaked })
    const ended = new Promise((resolve) => thief.on('error', resolve))
    await thief.connect()
    await rotateLogin(tenancy(), rotation(tenant))
    expect(String(await ended)).toMatch(/terminat/)
    await expect(new pg.Client({ connectionString: leaked }).connect()).rejects.toMatchObject({
      code: '28P01',
    })
    // this process still has a pool with the old password
    for (const found of await Promise.all(Array.from({ length: 4 }, read)))
      expect(found).toEqual(before)
    expect(connectionString(tenancy(), await placementOf(tenancy(), tenant.id))).not.toBe(leaked)
  },
)

test('rotation is refused for a tenant without a dedicated role, and during a move', async () => {
  const [shared] = testTenants.shared
  await expect(rotateLogin(tenancy(), rotation(shared))).rejects.toThrow(
    `tenant ${shared.slug} has no dedicated role`,
  )
  const [moving] = testTenants.schema
  await requestMove(tenancy(), { tenantId: moving.id, to: 'shared', actor: 'test', reason: 'test' })
  await expect(rotateLogin(tenancy(), rotation(moving))).rejects.toThrow(
    `tenant ${moving.slug} already has a move under way`,
  )
  await requestAbort(tenancy(), { tenantId: moving.id, slug: moving.slug, actor: 'test' })
})
