import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drop, withConnection } from '#tenancy/base/connect'
import { createPool } from '#tenancy/base/database-client'
import { withPoolTransaction, withTransaction } from '#tenancy/base/with-transaction'

const connectionString = process.env.DATABASE_URL ?? ''
const pool = createPool({ connectionString, max: 1, waitMs: 5000 })
// a test closes connections on purpose
pool.on('error', () => {})
pool.on('connect', (client) => void client.on('error', () => {}))

beforeAll(() =>
  withConnection(connectionString, (admin) => admin.query('create table kept (n int)')),
)
afterAll(() => pool.end())

const kept = async () => (await pool.query<{ n: number }>('select n from kept order by n')).rows
const insert = (client: pg.ClientBase, n: number) =>
  client.query('insert into kept values ($1)', [n])

test('what it returns is committed, and what it throws is rolled back', async () => {
  expect(await withPoolTransaction(pool, (client) => insert(client, 1))).toMatchObject({
    rowCount: 1,
  })
  await expect(
    withPoolTransaction(pool, async (client) => {
      await insert(client, 2)
      throw new RangeError()
    }),
  ).rejects.toThrow(RangeError)
  await expect(
    withPoolTransaction(pool, async (client) => {
      await insert(client, 3)
      await client.query('select 1 / 0')
    }),
  ).rejects.toMatchObject({ code: '22012' })
  expect(await kept()).toEqual([{ n: 1 }])
})

test('a transaction that only looks is rolled back', async () => {
  await withPoolTransaction(pool, (client) => insert(client, 4), { end: 'rollback' })
  expect(await kept()).toEqual([{ n: 1 }])
})

test('a connection whose rollback fails is closed, and the pool opens another', async () => {
  await expect(
    withPoolTransaction(pool, async (client) => {
      await insert(client, 5)
      client.query = () => Promise.reject(new Error('refused')) as never
      throw new RangeError()
    }),
  ).rejects.toThrow(RangeError)
  await expect(
    withPoolTransaction(pool, async (client) => {
      await insert(client, 6)
      drop(client)
      await insert(client, 7)
    }),
  ).rejects.toMatchObject({ retryable: true })
  expect(await kept()).toEqual([{ n: 1 }])
})

test('a connection of the caller’s own stays usable after a failure', async () => {
  await withConnection(connectionString, async (client) => {
    await expect(withTransaction(client, () => client.query('select 1 / 0'))).rejects.toMatchObject(
      { code: '22012' },
    )
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })
})
