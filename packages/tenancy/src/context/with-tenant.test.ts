import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { and, eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import * as engine from '#tenancy/context/with-tenant'
import { createTenancy } from '#tenancy/create-tenancy'
import {
  fixtureConfig,
  platform,
  tenancy,
  tenantBatch,
  tokens,
  withTenant,
} from '#tenancy/testing/fixture/tenancy'
import { type TenantTx } from '#tenancy/base/tenant-tx'
import { QueryAfterEnd, RolledBack } from '#tenancy/context/errors'
import {
  createTestTenants,
  removeTestTenants,
  memberOf,
  refusal,
  rows,
  queryAs,
  type TestTenants,
} from '#tenancy/testing/fixture/test-tenants'
import { closePools, Pools, tenantPools, type Lease } from '#tenancy/registry/pools'
import { connectionString, placementOf, serviceUrl } from '#tenancy/registry/placements'
import { pipelineOf } from '#tenancy/base/pipeline/choose'
import { placementKinds } from '#tenancy/base/tenancy'
import { placements } from '#tenancy/base/schema'
import { members, noteLines, notes } from '#tenancy/testing/fixture/schema'
import { encrypt, newSecret, scramVerifier, secretHash } from '#tenancy/base/encryption'
import { resume, suspend } from '#tenancy/placements/suspensions'

let testTenants: TestTenants
beforeAll(async () => void (testTenants = await createTestTenants(placementKinds)))
afterAll(async () => {
  await removeTestTenants(testTenants)
  await closePools(tenancy())
})

test('two tenants alternate 10,000 times on one connection, and each sees only its own rows', async () => {
  const [a, b] = testTenants.shared
  const pools = new Pools(1)
  const url = connectionString(tenancy(), await placementOf(tenancy(), a.id))
  const lease = await pools.lease(url)
  try {
    for (let i = 0; i < 10_000; i += 100) {
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_, k) => {
          const { owner, id } = (i + k) % 2 === 0 ? a : b
          const { client } = lease
          void client.query('begin')
          void client.query({
            text: 'select tenancy.enter_with_token($1, $2, 1, 5000)',
            values: [owner.token, id],
          })
          const found = client.query<{ ids: string }>(
            'select string_agg(distinct tenant_id::text, $1) as ids from notes',
            [','],
          )
          void client.query('commit')
          return { id, ids: (await found).rows[0]?.ids }
        }),
      )
      for (const { id, ids } of answers) expect(ids).toBe(id)
    }
    expect((await lease.client.query('select * from notes')).rowCount).toBe(0)
  } finally {
    lease.release()
    await pools.end()
  }
}, 120_000)

test('200 requests of all tenants, 40 at a time, return no row of another tenant', async () => {
  const everybody = Object.values(testTenants).flat()
  const answers = []
  for (let round = 0; round < 5; round++)
    answers.push(...(await Promise.all(Array.from({ length: 40 }, (_, i) => ask(i)))))
  for (const { one, ids, text } of answers) {
    expect([...ids]).toEqual([one.id])
    for (const other of everybody) expect(text.includes(other.mark)).toBe(other === one)
  }

  async function ask(i: number) {
    const one = everybody[i % everybody.length]
    if (!one) throw new Error('there are no tenants')
    const [found, text] = await tenantBatch(one.owner, (tx) => [
      tx.select({ id: notes.tenantId }).from(notes),
      tx.select().from(noteLines),
    ])
    return { one, ids: new Set(found.map(({ id }) => id)), text: JSON.stringify(text) }
  }
})

test('a batch that begins a transaction is saved completely or not at all, and its connection is not reused', async () => {
  const [{ owner }] = testTenants.shared
  const count = async () =>
    (await queryAs(owner, 'select count(*)::int as n from note_lines where quantity < 100'))[0]?.n
  const before = await count()
  const batch = tenantBatch(owner, (tx) => [
    tx.execute(sql`begin`),
    tx.execute(sql`update note_lines set quantity = 100 where position = 2`),
  ])
  // sent one by one, the statements are in a transaction already, where `begin` only warns
  const oneByOne = pipelineOf(tenancy()).name === 'plain'
  const outcome: unknown = await batch.catch((error: Error) => error.cause)
  expect(outcome instanceof RolledBack).toBe(!oneByOne)
  for (let i = 0; i < 10; i++) expect(await count()).toBe(oneByOne ? Number(before) / 2 : before)
})

describe.each(placementKinds)('in a %s placement', (kind) => {
  const me = () => testTenants[kind][0]

  test('a transaction with a failed statement whose error was caught is reported as rolled back', async () => {
    const work = withTenant(me().owner, async (tx) => {
      await rows(tx, 'select 1 / 0').catch(() => {})
      return 'saved'
    })
    await expect(work).rejects.toBeInstanceOf(RolledBack)
  })

  test('an error in the work rolls back', async () => {
    const before = await queryAs(me().owner, 'select count(*)::int as n from note_lines')
    await expect(
      withTenant(me().owner, async (tx) => {
        await rows(tx, 'delete from note_lines')
        throw new RangeError()
      }),
    ).rejects.toThrow(RangeError)
    expect(await queryAs(me().owner, 'select count(*)::int as n from note_lines')).toEqual(before)
  })

  test('a query after the transaction has ended is refused', async () => {
    let kept: TenantTx | undefined
    await withTenant(me().owner, async (tx) => {
      kept = tx
      await rows(tx, 'select 1')
    })
    const late = kept?.execute(sql`select * from notes`) ?? Promise.resolve()
    await expect(late).rejects.toMatchObject({ cause: expect.any(QueryAfterEnd) as QueryAfterEnd })
  })

  test('a batch with a value that cannot be serialised is not committed', async () => {
    const bad = {
      toPostgres: () => {
        throw new Error('cannot be sent')
      },
    }
    await expect(
      tenantBatch(me().owner, (tx) => [
        tx.execute(sql`delete from note_lines`),
        tx
          .select()
          .from(notes)
          .where(eq(notes.title, bad as unknown as string)),
      ]),
    ).rejects.toThrow()
    expect((await queryAs(me().owner, 'select id from note_lines')).length).toBeGreaterThan(0)
  })

  test('the same holds if the entry has its own statements before the batch', async () => {
    const config = fixtureConfig()
    const { token } = config.entries
    if (!token) throw new Error('the fixture has no entry for tokens')
    const instance = createTenancy({
      ...config,
      entries: {
        token: {
          ...token,
          enter: (caller, request) => {
            const { text, values = [] } = token.enter(caller, request)
            return { text: text.replace('select ', 'select true as writes, '), values }
          },
          entered: async (tx) => void (await tx.execute(sql`select 'entered'`)),
        },
      },
    })
    const before = await queryAs(me().owner, 'select count(*)::int as n from note_lines')
    const unsendable = {
      toPostgres: () => {
        throw new Error('cannot be sent')
      },
    } as unknown as string
    await expect(
      engine.tenantBatch(instance, me().owner, (tx) => [
        tx.execute(sql`delete from note_lines`),
        tx.select().from(notes).where(eq(notes.title, unsendable)),
      ]),
    ).rejects.toThrow()
    await sleep(100) // nothing would wait for a commit
    expect(await queryAs(me().owner, 'select count(*)::int as n from note_lines')).toEqual(before)
    const [found] = await engine.tenantBatch(instance, me().owner, (tx) => [
      tx.select({ id: notes.id }).from(notes),
      tx.execute(sql`update notes set body = body`),
    ])
    expect(found.length).toBeGreaterThan(0)
    await closePools(instance)
  })

  test('a batch is saved completely or not at all, and its error names the failed statement', async () => {
    const before = await queryAs(me().owner, 'select count(*)::int as n from note_lines')
    await expect(
      tenantBatch(me().owner, (tx) => [
        tx.execute(sql`delete from note_lines`),
        tx.execute(sql`select 1 / 0 as fault`),
        tx.execute(sql`select 2 as two`),
      ]),
    ).rejects.toMatchObject({ query: 'select 1 / 0 as fault', cause: { code: '22012' } })
    expect(await queryAs(me().owner, 'select count(*)::int as n from note_lines')).toEqual(before)
    const [one, none, some] = await tenantBatch(me().owner, (tx) => [
      tx.execute(sql`select 1 as one`),
      tx.execute(sql`delete from note_lines where false`),
      tx.select({ id: notes.id }).from(notes),
    ])
    expect([one.rows, none.rowCount]).toEqual([[{ one: 1 }], 0])
    expect(some.length).toBeGreaterThan(0)
  })

  test('killing a backend fails only its own request', async () => {
    const killed = withTenant(me().owner, async (tx) => {
      const [row] = await rows(tx, 'select pg_backend_pid() as pid')
      const superuser = new pg.Client({ connectionString: process.env.DATABASE_URL })
      await superuser.connect()
      await superuser.query('select pg_terminate_backend($1)', [row?.pid])
      await superuser.end()
      return rows(tx, 'select pg_sleep(1)')
    })
    await expect(killed).rejects.toThrow()
    expect(await queryAs(me().owner, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('a revoked token, a removed member and a suspended tenant are refused at once', async () => {
    const { id, slug, owner } = me()
    const member = await memberOf(id, 'member')
    expect(await queryAs(member, 'select 1 as one')).toEqual([{ one: 1 }])
    await platform()
      .delete(tokens)
      .where(eq(tokens.hash, secretHash(member.token)))
    expect(await refusal(queryAs(member, 'select 1'))).toBe('NotSignedIn')

    const caller = { ...(await memberOf(testTenants.shared[1].id, 'member')), tenantId: id }
    expect(await refusal(queryAs(caller, 'select 1'))).toBe('NotAMember')
    const personId = caller.actor.id ?? ''
    await platform().insert(members).values({ tenantId: id, personId, role: 'member' })
    expect(await queryAs(caller, 'select 1 as one')).toEqual([{ one: 1 }])
    await platform()
      .delete(members)
      .where(and(eq(members.tenantId, id), eq(members.personId, personId)))
    expect(await refusal(queryAs(caller, 'select 1'))).toBe('NotAMember')

    const action = { tenantId: id, slug, actor: 'test', reason: 'test' }
    await suspend(tenancy(), action)
    expect(await refusal(queryAs(owner, 'select 1'))).toBe('TenantSuspended')
    await resume(tenancy(), action)
    expect(await queryAs(owner, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('the tenant home refuses another epoch, and a tenant that has moved away', async () => {
    const { id, owner } = me()
    const placement = await placementOf(tenancy(), id)
    const there = new URL(process.env.DATABASE_URL ?? '')
    if (placement.database) there.pathname = `/${placement.database}`
    const enter = (epoch: number) =>
      withConnection(connectionString(tenancy(), placement), (client) =>
        client.query(
          placement.login
            ? `select tenancy.enter_as_dedicated_role('${id}', ${epoch})`
            : `select tenancy.enter_with_token('${owner.token}', '${id}', ${epoch}, 5000)`,
        ),
      )
    expect(await refusal(enter(placement.epoch))).toBe('nothing was refused')
    expect(await refusal(enter(placement.epoch + 1))).toBe('TN409')
    for (const state of ['incoming', 'fenced', 'gone', 'aborted']) {
      await withConnection(there.toString(), (admin) =>
        admin.query('update tenancy.tenant_homes set state = $1 where tenant_id = $2', [state, id]),
      )
      expect(await refusal(enter(placement.epoch))).toBe('TN409')
    }
    await withConnection(there.toString(), (admin) =>
      admin.query(`update tenancy.tenant_homes set state = 'active' where tenant_id = $1`, [id]),
    )
  })

  test('the tenant home refuses an old epoch, and withTenant reads the new one by itself', async () => {
    const { id, owner } = me()
    await queryAs(owner, 'select 1')
    const admin = new pg.Client({ connectionString: process.env.DATABASE_URL })
    const placement = await placementOf(tenancy(), id)
    const home = new pg.Client({
      connectionString: placement.database
        ? process.env.DATABASE_URL?.replace(/\/[^/]*$/, `/${placement.database}`)
        : process.env.DATABASE_URL,
    })
    await Promise.all([admin.connect(), home.connect()])
    try {
      await home.query('update tenancy.tenant_homes set epoch = epoch + 1 where tenant_id = $1', [
        id,
      ])
      const waiting = queryAs(owner, 'select 1 as one')
      await sleep(100)
      await admin.query('update tenancy.placements set epoch = epoch + 1 where tenant_id = $1', [
        id,
      ])
      expect(await waiting).toEqual([{ one: 1 }])
    } finally {
      await Promise.all([admin.end(), home.end()])
    }
  })
})

test('named statements are refused, because their names are shared by all users of a connection', async () => {
  const named = withTenant(testTenants.shared[0].owner, (tx) =>
    tx.select().from(notes).prepare('taken').execute(),
  )
  await expect(named).rejects.toMatchObject({ cause: expect.any(TypeError) as TypeError })
})

test('a dedicated role cannot enter the home of another tenant in its database', async () => {
  const [{ id }, other] = testTenants.schema
  const [mine, theirs] = [await placementOf(tenancy(), id), await placementOf(tenancy(), other.id)]
  const enter = (tenantId: string, epoch: number) =>
    withConnection(connectionString(tenancy(), mine), (client) =>
      client.query('select tenancy.enter_as_dedicated_role($1, $2)', [tenantId, epoch]),
    )
  expect(await refusal(enter(id, mine.epoch))).toBe('nothing was refused')
  expect(await refusal(enter(other.id, theirs.epoch))).toBe('TN409')
})

test.each([
  ['process', `pg_backend_pid() + 1`, 'extract(epoch from transaction_timestamp())'],
  ['transaction', 'pg_backend_pid()', `extract(epoch from transaction_timestamp()) - 1`],
])('a context that was signed for another %s is no context', async (_, pid, time) => {
  const [{ id }] = testTenants.shared
  const tenantIn = (body: string) =>
    withConnection(process.env.DATABASE_URL ?? '', async (client) => {
      await client.query('begin')
      await client.query(
        `select set_config('tenancy.context', body || '|' || tenancy.hmac(body), true)
         from (select concat_ws('|', ${body}, '1') as body) as signed`,
      )
      return (await client.query<{ tenant: string }>('select tenancy.tenant() as tenant')).rows
    })
  const own = `'${id}', pg_backend_pid(), extract(epoch from transaction_timestamp())`
  expect(await tenantIn(own)).toEqual([{ tenant: id }])
  expect(await tenantIn(`'${id}', ${pid}, ${time}`)).toEqual([{ tenant: null }])
})

test('a late check of a token whose entry was refused does not affect the next transactions on the connection', async () => {
  const [{ id }] = testTenants.schema
  const viewer = await memberOf(id, 'viewer')
  await queryAs(viewer, 'select 1')
  const url = connectionString(tenancy(), await placementOf(tenancy(), id))
  const raiseEpoch = (by: number) =>
    withConnection(process.env.DATABASE_URL ?? '', (admin) =>
      admin.query('update tenancy.tenant_homes set epoch = epoch + $1 where tenant_id = $2', [
        by,
        id,
      ]),
    )
  await raiseEpoch(1)
  await withConnection(process.env.DATABASE_URL ?? '', async (admin) => {
    await admin.query('begin; lock table platform.members in access exclusive mode')
    // the tenant home refuses it repeatedly, while its checks wait for the lock
    const waiting = queryAs(viewer, 'select 1 as one')
    const leases: Lease[] = []
    for (let i = 0; i < 3; i++) {
      await sleep(60)
      leases.push(await tenantPools(tenancy()).lease(url))
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
  'a %s tenant is served after its password was changed, although the old one is cached',
  async (kind) => {
    const [{ id, owner }] = testTenants[kind]
    await queryAs(owner, 'select 1')
    const password = newSecret()
    await withConnection(
      serviceUrl(tenancy(), 'migrator', await placementOf(tenancy(), id)),
      (migrator) =>
        migrator.query('select tenancy.create_dedicated_role($1, $2)', [
          id,
          scramVerifier(password),
        ]),
    )
    await tenantPools(tenancy()).end()
    await platform()
      .update(placements)
      .set({ secret: encrypt(tenancy(), password, `placement ${id}`) })
      .where(eq(placements.tenantId, id))
    expect(await queryAs(owner, 'select 1 as one')).toEqual([{ one: 1 }])
  },
)
