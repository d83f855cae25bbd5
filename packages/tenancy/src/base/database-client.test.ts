import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drop, endWhenSilent, withConnection } from '#tenancy/base/connect'
import { createClient, createPool, type ClientConfig } from '#tenancy/base/database-client'
import { isConnectionError } from '#tenancy/base/transient-errors'

const connectionString = process.env.DATABASE_URL ?? ''

/** A server that accepts connections and never answers. */
const sockets: Socket[] = []
const silent = createServer((socket) => void sockets.push(socket))
beforeAll(() => new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  silent.close()
})
const silentUrl = () => `postgres://a:b@127.0.0.1:${(silent.address() as AddressInfo).port}/c`

const client = (config: ClientConfig = {}) => {
  const made = createClient({ connectionString, ...config })
  made.on('error', () => {}) // its queries reject with it
  return made
}

async function connected(config?: ClientConfig) {
  const made = client(config)
  await made.connect()
  return made
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => error,
  )

const cases: [name: string, fail: () => Promise<unknown>, expected: object][] = [
  [
    'a server that never answers a connection attempt',
    () => client({ connectionString: silentUrl(), connectTimeoutMs: 50 }).connect(),
    { code: 'connection_failed', why: 'connect timeout', ms: 50 },
  ],
  [
    'a server that closes the connection at once',
    async () => {
      silent.once('connection', (socket) => socket.end())
      await client({ connectionString: silentUrl() }).connect()
    },
    { code: 'connection_failed', why: 'closed' },
  ],
  [
    'a port on which no server listens',
    () => client({ connectionString: 'postgres://a:b@127.0.0.1:1/c' }).connect(),
    { code: 'ECONNREFUSED' },
  ],
  [
    'a query whose connection is lost',
    async () => {
      const one = await connected()
      const asleep = one.query('select pg_sleep(10)')
      drop(one)
      await asleep
    },
    { code: 'connection_failed', why: 'closed' },
  ],
  [
    'a query on a connection that was closed',
    async () => {
      const one = await connected()
      await one.end()
      await one.query('select')
    },
    { code: 'connection_failed', why: 'closed' },
  ],
  [
    'a query on a connection that the server has ended',
    async () => {
      const one = await connected()
      const { rows } = await one.query<{ pid: number }>('select pg_backend_pid() as pid')
      const ended = new Promise((resolve) => one.once('end', resolve))
      await withConnection(connectionString, (admin) =>
        admin.query('select pg_terminate_backend($1)', [rows[0]?.pid]),
      )
      await ended
      await one.query('select')
    },
    { code: 'connection_failed', why: 'closed' },
  ],
  [
    'a query that is not answered in time',
    async () => {
      const one = await connected({ answerTimeoutMs: 100 })
      await one.query('select pg_sleep(10)')
    },
    { code: 'connection_failed', why: 'answer timeout', ms: 100 },
  ],
  [
    'a connection that received nothing for too long',
    async () => {
      const one = await connected()
      endWhenSilent(one, 100)
      await one.query('select pg_sleep(10)')
    },
    { code: 'connection_failed', why: 'answer timeout', ms: 100 },
  ],
  [
    'a pool without a free connection',
    async () => {
      const pool = createPool({ connectionString, max: 1, waitMs: 100 })
      const taken = await pool.connect()
      try {
        await pool.query('select')
      } finally {
        taken.release()
        await pool.end()
      }
    },
    { code: 'connection_failed', why: 'none free', ms: 100 },
  ],
]

test.each(cases)('%s is a connection error', async (_, fail, expected) => {
  const error = await failure(fail())
  expect(error).toMatchObject(expected)
  expect(isConnectionError(error)).toBe(true)
})

test('a pool still works after a query that was not answered', async () => {
  const pool = createPool({ connectionString, max: 1, waitMs: 2000, answerTimeoutMs: 200 })
  pool.on('error', () => {}) // the query rejects with it
  expect(await failure(pool.query('select pg_sleep(10)'))).toMatchObject({ why: 'answer timeout' })
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await pool.end()
})

test('a pool keeps a connection that opened too late for its caller', async () => {
  const pool = createPool({ connectionString, max: 1, waitMs: 100 })
  const taken = await pool.connect()
  await failure(pool.query('select'))
  taken.release()
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await pool.end()
})

test('an error of PostgreSQL on a working connection is not changed', async () => {
  await withConnection(connectionString, async (one) => {
    const error = await failure(one.query('select 1 / 0'))
    expect(error).toMatchObject({ code: '22012' })
    expect(isConnectionError(error)).toBe(false)
  })
})
