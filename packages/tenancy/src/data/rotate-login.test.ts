import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withTenant } from '#db/door'
import { buildWorld, leaveWorld, type World } from '#db/isolation/testing/world'
import { list, everyOrder } from '#db/product/order-list'
import { requestAbort, requestMove } from '#db/move/request'
import { rotateLogin } from '#db/placements/rotate'
import { closePools } from '#db/pools'
import { connectionString, placementOf } from '#db/registry'

let world: World
beforeAll(async () => {
  world = await buildWorld(['shared', 'schema', 'database'])
})
afterAll(async () => {
  await leaveWorld(world)
  await closePools()
})

const deed = ({ id, slug }: { id: string; slug: string }) => ({
  tenantId: id,
  slug,
  actor: 'test',
  reason: 'it stood in a log',
})
const newest = { sort: 'placed', descending: true, size: 10, cursor: null } as const

test.each(['schema', 'database'] as const)(
  'a login of a %s gets another password, who holds the old one is out, and the tenant goes on',
  async (kind) => {
    const [tenant] = world[kind]
    const read = () => withTenant(tenant.owner, (tx) => list(tx, everyOrder, newest))
    const before = await read()
    const leaked = connectionString(await placementOf(tenant.id))
    const thief = new pg.Client({ connectionString: leaked })
    const ended = new Promise((resolve) => thief.on('error', resolve))
    await thief.connect()
    await rotateLogin(deed(tenant))
    expect(String(await ended)).toMatch(/terminat/)
    await expect(new pg.Client({ connectionString: leaked }).connect()).rejects.toMatchObject({
      code: '28P01',
    })
    // this process still has a pool of the old password
    for (const found of await Promise.all(Array.from({ length: 4 }, read)))
      expect(found.rows).toEqual(before.rows)
    expect(connectionString(await placementOf(tenant.id))).not.toBe(leaked)
  },
)

test('a tenant without a login of its own has none to rotate, and one that moves waits', async () => {
  const [shared] = world.shared
  await expect(rotateLogin(deed(shared))).rejects.toThrow(
    `tenant ${shared.slug} has no login of its own`,
  )
  const [moving] = world.schema
  await requestMove({ tenantId: moving.id, to: 'shared', actor: 'test', reason: 'test' })
  await expect(rotateLogin(deed(moving))).rejects.toThrow(
    `tenant ${moving.slug} has a move under way`,
  )
  await requestAbort(moving.id, moving.slug, 'test')
})
