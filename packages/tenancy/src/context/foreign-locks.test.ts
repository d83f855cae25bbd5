import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lockNumbers } from '#tenancy/base/lock-keys'
import { requestMove, requestRollback } from '#tenancy/moves/requests'
import { connectionString, placementOf, serviceUrl } from '#tenancy/registry/placements'
import { closePools } from '#tenancy/registry/pools'
import { tenancy, withTenant } from '#tenancy/testing/fixture/tenancy'
import {
  createTestTenant,
  insertNote,
  memberOf,
  queryAs,
  refusal,
  type TestTenant,
} from '#tenancy/testing/fixture/test-tenants'
import {
  actionOn,
  compareWithLedger,
  createTenantIn,
  mainAdmin,
  perform,
  removeTenants,
  requestTo,
  serviceOf,
  writerFor,
} from '#tenancy/testing/moves/fixture'
import { openFunctions } from '#tenancy/testing/open-functions'

// Where advisory locks cannot be revoked from tenants, a tenant can lock the key of another tenant's fence.

const attackers: TestTenant[] = []
const neighbours: TestTenant[] = []
const clients: pg.Client[] = []

beforeAll(async () => {
  await openFunctions(mainAdmin())
  attackers.push(
    await createTestTenant('schema', 'attacker', 1),
    await createTestTenant('shared', 'attacker', 1),
  )
  neighbours.push(
    await createTestTenant('shared', 'neighbour', 3),
    await createTestTenant('schema', 'neighbour', 3),
  )
})
afterAll(async () => {
  for (const client of clients) await client.end()
  await removeTenants([...attackers, ...neighbours])
  await closePools(tenancy())
})

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  clients.push(client)
  await client.connect()
  return client
}

/** Connects as a tenant on a dedicated role (0) or on the shared one (1). */
const attackingSession = async (by: number) =>
  connect(connectionString(tenancy(), await placementOf(tenancy(), attackers[by]?.id ?? '')))
const worker = async ({ id }: TestTenant) =>
  connect(serviceUrl(tenancy(), 'worker', await placementOf(tenancy(), id)))

/** The key as an attacker computes it. */
const keyOf = ({ id }: TestTenant) => `hashtextextended('${id}', ${lockNumbers.tenant})`

/** Opens a transaction of the tenant's owner on a connection of its own. */
async function enter(tenant: TestTenant, begin = 'begin', ms = 5000): Promise<pg.Client> {
  const placement = await placementOf(tenancy(), tenant.id)
  const { epoch, login } = placement
  const client = await connect(connectionString(tenancy(), placement))
  await client.query(begin)
  await client.query(
    login === null
      ? `select tenancy.enter_with_token('${tenant.owner.token}', '${tenant.id}', ${epoch}, ${ms})`
      : `select tenancy.enter_as_dedicated_role('${tenant.id}', ${epoch})`,
  )
  return client
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await work
  expect(performance.now() - began).toBeLessThan(ms)
  return result
}

const raiseFence = (client: pg.Client, { id }: TestTenant, ms = 300) =>
  client.query(`set lock_timeout = ${ms}; select tenancy.raise_fence('${id}')`)
const releaseFence = (client: pg.Client, { id }: TestTenant) =>
  client.query(`select pg_advisory_unlock(tenancy.lock_key('${id}'))`)

describe.each([
  ['in the shared schema, attacked from a dedicated one', 0],
  ['in a dedicated schema, attacked from the shared one', 1],
])('a neighbour %s', (_, i) => {
  const neighbour = () => neighbours[i] as TestTenant

  const worksAsUsual = async () => {
    const viewer = await memberOf(neighbour().id, 'viewer')
    await within(
      1000,
      withTenant(neighbour().owner, (tx) => insertNote(tx, 'x')),
    )
    expect((await within(1000, queryAs(neighbour().owner, 'select 1 from notes'))).length).toBe(
      (await within(1000, queryAs(viewer, 'select 1 from notes'))).length,
    )
    await within(
      1000,
      withTenant(serviceOf(neighbour().id), (tx) => insertNote(tx, 'y')),
    )
    for (const begin of [
      'begin read only',
      'begin isolation level repeatable read',
      'begin isolation level serializable, read only',
    ]) {
      const client = await within(1000, enter(neighbour(), begin))
      expect((await client.query('select 1 from notes')).rowCount).toBeGreaterThan(2)
      await client.query('commit')
    }
  }

  test('works as usual while another tenant holds the computed key of its lock', async () => {
    const attack = await attackingSession(i)
    await attack.query(`select pg_advisory_lock(${keyOf(neighbour())})`)
    await worksAsUsual()
    const { rows } = await attack.query(`select pg_advisory_unlock(${keyOf(neighbour())}) as held`)
    expect(rows).toEqual([{ held: true }])
    await attack.end()
  })

  test('works as usual while another tenant awaits a key that it has read from pg_locks', async () => {
    const open = await enter(neighbour())
    const attack = await attackingSession(i)
    const { rows } = await attack.query<{ key: string }>(
      `select ((classid::bigint << 32) | objid::bigint)::text as key from pg_locks where locktype = 'advisory' and granted and mode = 'ShareLock'`,
    )
    const attacks = await Promise.all(
      rows.map(async ({ key }) => {
        const session = await attackingSession(i)
        const waiting = session.query(`select pg_advisory_lock(${key})`).catch(() => {})
        return { session, waiting }
      }),
    )
    expect(attacks.length).toBeGreaterThan(0)
    await sleep(50)
    await worksAsUsual()
    await open.query('commit')
    await worksAsUsual()
    for (const { session } of attacks) await session.end()
  })

  test('is not fenced before its transactions have ended, however they entered', async () => {
    const attack = await attackingSession(i)
    await attack.query(`select pg_advisory_lock(${keyOf(neighbour())})`)
    for (const isolation of ['read committed', 'repeatable read']) {
      const open = await enter(neighbour(), `begin isolation level ${isolation}`)
      const mover = await worker(neighbour())
      expect(await refusal(raiseFence(mover, neighbour()))).toBe('55P03')
      await attack.query('select pg_advisory_unlock_all()')
      expect(await refusal(raiseFence(mover, neighbour()))).toBe('55P03')
      // the failed attempt has released the lock
      await within(1000, queryAs(neighbour().owner, 'select'))
      await open.query('commit')
      await raiseFence(mover, neighbour())
      await releaseFence(mover, neighbour())
      await attack.query(`select pg_advisory_lock(${keyOf(neighbour())})`)
    }
    await attack.end()
  })

  test('waits at a fence, and enters when another tenant takes the lock right after it', async () => {
    const mover = await worker(neighbour())
    await raiseFence(mover, neighbour())
    const attack = await attackingSession(i)
    const attacking = attack.query(`select pg_advisory_lock(${keyOf(neighbour())})`)
    let entered = false
    const entering = queryAs(neighbour().owner, 'select').then(() => (entered = true))
    await sleep(350)
    expect(entered).toBe(false)
    await releaseFence(mover, neighbour())
    await attacking
    await within(1000, entering)
    await attack.end()
  })

  test('is refused when the fence stays up for longer than its lock timeout', async () => {
    const mover = await worker(neighbour())
    await raiseFence(mover, neighbour())
    const entering = enter(neighbour(), "begin; set local lock_timeout = '250ms'", 250)
    expect(await within(1000, refusal(entering))).toBe('55P03')
    await releaseFence(mover, neighbour())
  })
})

test('a move loses nothing while another tenant takes and releases the locks at random', async () => {
  const tenant = await createTenantIn('shared', 'moved', 60)
  neighbours.push(tenant)
  const writer = writerFor(tenant, 200)
  await writer.start(3)
  let attacking = true
  const attacks = Array.from({ length: 3 }, async (_, i) => {
    const attack = await attackingSession(i % 2)
    while (attacking) {
      await attack
        .query(
          `set lock_timeout = '50ms'; select pg_advisory_lock${i === 0 ? '_shared' : ''}(${keyOf(tenant)})`,
        )
        .catch(() => {}) // the timeout
      await sleep(Math.random() * 60)
      await attack.query('select pg_advisory_unlock_all()')
      await sleep(Math.random() * 60)
    }
  })
  const there = await perform(await requestMove(tenancy(), await requestTo('schema', tenant.id)))
  expect(there).toMatchObject({ state: 'switched', error: null })
  const back = await perform(await requestRollback(tenancy(), actionOn(tenant)))
  expect(back).toMatchObject({ state: 'cleaned', error: null })
  attacking = false
  await Promise.all(attacks)
  const ledger = await writer.stop()
  expect(ledger.transactions).toBeGreaterThan(20)
  expect(ledger).toMatchObject({ refusals: 0, doubts: 0 })
  expect(ledger.longestGapMs).toBeLessThan(3000)
  expect(await compareWithLedger(tenant.id, ledger)).toMatchObject({
    lost: 0,
    doubled: 0,
    resurrected: 0,
  })
})
