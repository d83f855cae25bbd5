import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { loginUrl } from '#tenancy/base/tenancy'
import { TooBusy } from '#tenancy/base/errors'
import { newId, privateName } from '#tenancy/base/ids'
import { Pools } from '#tenancy/registry/pools'
import { platform, tenancy } from '#tenancy/testing/fixture/tenancy'
import { newSecret, scramVerifier } from '#tenancy/base/encryption'

const many = 300
let urls: string[] = []
const ids = Array.from({ length: many }, () => newId())

beforeAll(async () => {
  await withConnection(loginUrl(tenancy(), 'migrator'), async (client) => {
    urls = []
    for (const id of ids) {
      const password = newSecret()
      await client.query('select tenancy.create_dedicated_role($1, $2)', [
        id,
        scramVerifier(password),
      ])
      const url = new URL(loginUrl(tenancy(), 'tenant'))
      url.username = privateName(id)
      url.password = password
      urls.push(url.toString())
    }
  })
}, 60_000)
afterAll(async () => {
  await withConnection(loginUrl(tenancy(), 'migrator'), async (client) => {
    for (const id of ids) await client.query('select tenancy.drop_dedicated_role($1)', [id])
  })
}, 60_000)

test('300 roles share 40 connections: all are served, and the server never has more', async () => {
  const pools = new Pools(40, { waitMs: 60_000 })
  let most = 0
  const watch = setInterval(
    () =>
      void withConnection(process.env.DATABASE_URL ?? '', (admin) =>
        admin.query<{ n: number }>(
          `select count(*)::int as n from pg_stat_activity where usename ~ '^t_' and datname = current_database()`,
        ),
      ).then(
        ({ rows }) => (most = Math.max(most, rows[0]?.n ?? 0)),
        () => {},
      ),
    50,
  )
  const served = await Promise.all(
    urls.map(async (url) => {
      const lease = await pools.lease(url)
      try {
        const { rows } = await lease.client.query<{ me: string }>('select session_user as me')
        expect(pools.open).toBeLessThanOrEqual(40)
        return rows[0]?.me
      } finally {
        lease.release()
      }
    }),
  )
  clearInterval(watch)
  await pools.end()
  expect(served).toEqual(ids.map(privateName))
  // a connection that is being closed may still be listed for an instant
  expect(most).toBeLessThanOrEqual(44)
}, 60_000)

test('without a free connection a lease fails with TooBusy; waiters are served in order, and connections in use stay open', async () => {
  const pools = new Pools(2, { waitMs: 200 })
  const [a = '', b = '', c = ''] = urls
  const first = await pools.lease(a)
  const second = await pools.lease(b)
  await expect(pools.lease(c)).rejects.toBeInstanceOf(TooBusy)
  expect((await first.client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  const order: string[] = []
  const waiting = [c, a].map(async (url, i) => {
    const lease = await pools.lease(url)
    order.push(['c', 'a'][i] ?? '')
    lease.release()
  })
  second.release()
  await Promise.all(waiting)
  expect(order).toEqual(['c', 'a'])
  expect((await first.client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  first.release()
  await pools.end()
})

test('three roles take turns on a budget of one connection', async () => {
  const pools = new Pools(1, { waitMs: 5000 })
  for (const url of [...urls.slice(0, 3), ...urls.slice(0, 3)]) {
    const lease = await pools.lease(url)
    expect((await lease.client.query('select session_user as me')).rows).toEqual([
      { me: new URL(url).username },
    ])
    lease.release()
  }
  await pools.end()
})

test('a connection that the server closes inside a Drizzle transaction does not end the process', async () => {
  await expect(
    platform().transaction(async (tx) => {
      const {
        rows: [row],
      } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`)
      await withConnection(process.env.DATABASE_URL ?? '', (admin) =>
        admin.query('select pg_terminate_backend($1)', [row?.pid]),
      )
      await sleep(200)
      await tx.execute(sql`select 1`)
    }),
  ).rejects.toThrow()
  expect((await platform().execute(sql`select 1 as one`)).rows).toEqual([{ one: 1 }])
})
