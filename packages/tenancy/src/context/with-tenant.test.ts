import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connected } from '#db/connect'
import { tenantBatch, withTenant, type TenantTx } from '#db/door'
import { DoorClosed, RolledBack } from '#db/errors'
import {
  buildWorld,
  leaveWorld,
  memberOf,
  refusal,
  rows,
  through,
  type World,
} from '#db/isolation/testing/world'
import { closePools, Pools, tenantPools, type Lease } from '#db/pools'
import { connectionString, placementOf, platform, serviceUrl } from '#db/registry'
import { placementKinds, placements, sessions } from '#db/schema/platform'
import { customers, orders } from '#db/schema/tenant'
import { encrypt, newSecret, scramVerifier, secretHash } from '#db/secrets'
import { resume, suspend } from '#db/console/suspensions'

let world: World
beforeAll(async () => void (world = await buildWorld(placementKinds)))
afterAll(async () => {
  await leaveWorld(world)
  await closePools()
})

test('10,000 alternations of two tenants on one connection: each sees its own rows and nothing else', async () => {
  const [a, b] = world.shared
  const pools = new Pools(1)
  const url = connectionString(await placementOf(a.id))
  const lease = await pools.lease(url)
  try {
    for (let i = 0; i < 10_000; i += 100) {
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_, k) => {
          const { owner, id } = (i + k) % 2 === 0 ? a : b
          const { client } = lease
          void client.query('begin')
          void client.query({ text: 'select tenancy.enter($1, $2, 1)', values: [owner.token, id] })
          const found = client.query<{ ids: string }>(
            'select string_agg(distinct tenant_id::text, $1) as ids from orders',
            [','],
          )
          void client.query('commit')
          return { id, ids: (await found).rows[0]?.ids }
        }),
      )
      for (const { id, ids } of answers) expect(ids).toBe(id)
    }
    expect((await lease.client.query('select * from orders')).rowCount).toBe(0)
  } finally {
    lease.release()
    await pools.end()
  }
}, 120_000)

test('200 requests of all tenants, 40 at once: no answer carries a neighbour', async () => {
  const everybody = Object.values(world).flat()
  const answers = []
  for (let wave = 0; wave < 5; wave++)
    answers.push(...(await Promise.all(Array.from({ length: 40 }, (_, i) => ask(i)))))
  for (const { one, ids, text } of answers) {
    expect([...ids]).toEqual([one.id])
    for (const other of everybody) expect(text.includes(other.mark)).toBe(other === one)
  }

  async function ask(i: number) {
    const one = everybody[i % everybody.length]
    if (!one) throw new Error('nobody lives here')
    const [found, text] = await tenantBatch(one.owner, (tx) => [
      tx.select({ id: orders.tenantId }).from(orders),
      tx.select().from(customers),
    ])
    return { one, ids: new Set(found.map(({ id }) => id)), text: JSON.stringify(text) }
  }
})

test('a batch that opens a transaction of its own saves nothing, and its connection serves nobody else', async () => {
  const [{ owner }] = world.shared
  const before = await through(owner, 'select count(*)::int as n from activity')
  await expect(
    tenantBatch(owner, (tx) => [tx.execute(sql`begin`), tx.execute(sql`delete from activity`)]),
  ).rejects.toMatchObject({ cause: expect.any(RolledBack) as RolledBack })
  for (let i = 0; i < 10; i++)
    expect(await through(owner, 'select count(*)::int as n from activity')).toEqual(before)
})

describe.each(placementKinds)('in a %s placement', (kind) => {
  const me = () => world[kind][0]

  test('a statement that failed and was swallowed is not taken for saved', async () => {
    const work = withTenant(me().owner, async (tx) => {
      await rows(tx, 'select 1 / 0').catch(() => {})
      return 'saved'
    })
    await expect(work).rejects.toBeInstanceOf(RolledBack)
  })

  test('what throws is rolled back', async () => {
    const before = await through(me().owner, 'select count(*)::int as n from activity')
    await expect(
      withTenant(me().owner, async (tx) => {
        await rows(tx, 'delete from activity')
        throw new Error('changed my mind')
      }),
    ).rejects.toThrow('changed my mind')
    expect(await through(me().owner, 'select count(*)::int as n from activity')).toEqual(before)
  })

  test('a query after the transaction has ended is refused', async () => {
    let kept: TenantTx | undefined
    await withTenant(me().owner, async (tx) => {
      kept = tx
      await rows(tx, 'select 1')
    })
    const late = kept?.execute(sql`select * from orders`) ?? Promise.resolve()
    await expect(late).rejects.toMatchObject({ cause: expect.any(DoorClosed) as DoorClosed })
  })

  test('a value that cannot be sent is not left out of a commit', async () => {
    const bad = {
      toPostgres: () => {
        throw new Error('cannot be sent')
      },
    }
    await expect(
      tenantBatch(me().owner, (tx) => [
        tx.execute(sql`delete from activity`),
        tx
          .select()
          .from(orders)
          .where(eq(orders.note, bad as unknown as string)),
      ]),
    ).rejects.toThrow()
    expect((await through(me().owner, 'select id from activity')).length).toBeGreaterThan(0)
  })

  test('a batch is saved whole or not at all, and its error names the statement at fault', async () => {
    const before = await through(me().owner, 'select count(*)::int as n from activity')
    await expect(
      tenantBatch(me().owner, (tx) => [
        tx.execute(sql`delete from activity`),
        tx.execute(sql`select 1 / 0 as fault`),
        tx.execute(sql`select 2 as two`),
      ]),
    ).rejects.toMatchObject({ query: 'select 1 / 0 as fault', cause: { code: '22012' } })
    expect(await through(me().owner, 'select count(*)::int as n from activity')).toEqual(before)
    const [one, none, some] = await tenantBatch(me().owner, (tx) => [
      tx.execute(sql`select 1 as one`),
      tx.execute(sql`delete from activity where false`),
      tx.select({ id: orders.id }).from(orders),
    ])
    expect([one.rows, none.rowCount]).toEqual([[{ one: 1 }], 0])
    expect(some.length).toBeGreaterThan(0)
  })

  test('a backend that is killed costs its own request and no other', async () => {
    const killed = withTenant(me().owner, async (tx) => {
      const [row] = await rows(tx, 'select pg_backend_pid() as pid')
      const superuser = new pg.Client({ connectionString: process.env.DATABASE_URL })
      await superuser.connect()
      await superuser.query('select pg_terminate_backend($1)', [row?.pid])
      await superuser.end()
      return rows(tx, 'select pg_sleep(1)')
    })
    await expect(killed).rejects.toThrow()
    expect(await through(me().owner, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('a session that is signed out, a suspended tenant and an expired session are refused within one second', async () => {
    const member = await memberOf(me().id, 'member')
    await platform()
      .update(sessions)
      .set({ expiresAt: new Date(Date.now() + 300) })
      .where(eq(sessions.tokenHash, secretHash(member.token)))
    expect(await through(member, 'select 1 as one')).toEqual([{ one: 1 }])
    await sleep(400)
    expect(await refusal(through(member, 'select 1'))).toBe('NotSignedIn')

    const other = await memberOf(me().id, 'member')
    await platform()
      .delete(sessions)
      .where(eq(sessions.tokenHash, secretHash(other.token)))
    expect(await refusal(through(other, 'select 1'))).toBe('NotSignedIn')

    const deed = { tenantId: me().id, slug: me().slug, actor: 'test', reason: 'test' }
    await suspend(deed)
    expect(await refusal(through(me().owner, 'select 1'))).toBe('TenantSuspended')
    await resume(deed)
    expect(await through(me().owner, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('the place refuses another epoch, and a tenant that has left', async () => {
    const { id, owner } = me()
    const placement = await placementOf(id)
    const there = new URL(process.env.DATABASE_URL ?? '')
    if (placement.database) there.pathname = `/${placement.database}`
    const enter = (epoch: number) =>
      connected(connectionString(placement), (client) =>
        client.query(
          placement.login
            ? `select tenancy.enter_own('${id}', ${epoch})`
            : `select tenancy.enter('${owner.token}', '${id}', ${epoch})`,
        ),
      )
    expect(await refusal(enter(placement.epoch))).toBe('nothing was refused')
    expect(await refusal(enter(placement.epoch + 1))).toBe('TN409')
    for (const state of ['incoming', 'fenced', 'gone', 'aborted']) {
      await connected(there.toString(), (admin) =>
        admin.query('update tenancy.residents set state = $1 where tenant_id = $2', [state, id]),
      )
      expect(await refusal(enter(placement.epoch))).toBe('TN409')
    }
    await connected(there.toString(), (admin) =>
      admin.query(`update tenancy.residents set state = 'active' where tenant_id = $1`, [id]),
    )
  })

  test('an entry under an old epoch is refused by the place, and the door finds the new one by itself', async () => {
    const { id, owner } = me()
    await through(owner, 'select 1')
    const admin = new pg.Client({ connectionString: process.env.DATABASE_URL })
    const placement = await placementOf(id)
    const place = new pg.Client({
      connectionString: placement.database
        ? process.env.DATABASE_URL?.replace(/\/[^/]*$/, `/${placement.database}`)
        : process.env.DATABASE_URL,
    })
    await Promise.all([admin.connect(), place.connect()])
    try {
      await place.query('update tenancy.residents set epoch = epoch + 1 where tenant_id = $1', [id])
      const waiting = through(owner, 'select 1 as one')
      await sleep(100)
      await admin.query('update platform.placements set epoch = epoch + 1 where tenant_id = $1', [
        id,
      ])
      expect(await waiting).toEqual([{ one: 1 }])
    } finally {
      await Promise.all([admin.end(), place.end()])
    }
  })
})

test('a session check that answers after its entry was refused touches no transaction of the next users of the connection', async () => {
  const [{ id }] = world.schema
  const viewer = await memberOf(id, 'viewer')
  await through(viewer, 'select 1')
  const url = connectionString(await placementOf(id))
  const raiseEpoch = (by: number) =>
    connected(process.env.DATABASE_URL ?? '', (admin) =>
      admin.query('update tenancy.residents set epoch = epoch + $1 where tenant_id = $2', [by, id]),
    )
  await raiseEpoch(1)
  await connected(process.env.DATABASE_URL ?? '', async (admin) => {
    await admin.query('begin; lock table platform.members in access exclusive mode')
    // refused by the place again and again, while its checks wait for the lock
    const waiting = through(viewer, 'select 1 as one')
    const leases: Lease[] = []
    for (let i = 0; i < 3; i++) {
      await sleep(60)
      leases.push(await tenantPools().lease(url))
    }
    for (const { client } of leases) await client.query('begin')
    await admin.query('commit')
    await sleep(200)
    const found = await Promise.all(
      leases.map(({ client }) =>
        client.query<{ only: string }>(`select current_setting('transaction_read_only') as only`),
      ),
    )
    for (const { client, release } of leases) await client.query('rollback').then(() => release())
    await raiseEpoch(-1)
    expect(await waiting).toEqual([{ one: 1 }])
    expect(found.map(({ rows: [row] }) => row?.only)).toEqual(['off', 'off', 'off'])
  })
})

test.each(['schema', 'database'] as const)(
  'a %s tenant whose login was changed meanwhile is found again, with the old one still in the cache',
  async (kind) => {
    const [{ id, owner }] = world[kind]
    await through(owner, 'select 1')
    const password = newSecret()
    await connected(serviceUrl('migrator', await placementOf(id)), (migrator) =>
      migrator.query('select tenancy.make_login($1, $2)', [id, scramVerifier(password)]),
    )
    await tenantPools().end()
    await platform()
      .update(placements)
      .set({ secret: encrypt(password, `placement ${id}`) })
      .where(eq(placements.tenantId, id))
    expect(await through(owner, 'select 1 as one')).toEqual([{ one: 1 }])
  },
)
