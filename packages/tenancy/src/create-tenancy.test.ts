import { setTimeout as sleep } from 'node:timers/promises'
import { randomBytes } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { limitsOf, setLimits } from '#tenancy/admission/limits'
import { countTenantRequest } from '#tenancy/admission/request-rate'
import { usageSoFar } from '#tenancy/admission/usage'
import { decrypt, encrypt, newSecret, secretHash } from '#tenancy/base/encryption'
import { newId } from '#tenancy/base/ids'
import { pipelineOf } from '#tenancy/base/pipeline/choose'
import type { Tenancy, TenancyConfig } from '#tenancy/base/tenancy'
import { readiness } from '#tenancy/checks/health'
import { tenantBatch, withTenant } from '#tenancy/context/with-tenant'
import { createTenancy } from '#tenancy/create-tenancy'
import { createTenant } from '#tenancy/placements/create-tenant'
import { unprovision } from '#tenancy/placements/provision'
import { resume, suspend } from '#tenancy/placements/suspensions'
import { placementOf, platform } from '#tenancy/registry/placements'
import { closePools, platformPool, tenantPools } from '#tenancy/registry/pools'
import { createTestDatabase, type TestDatabase } from '#tenancy/testing/database'
import { notes, people, tokens } from '#tenancy/testing/fixture/schema'
import { fixtureConfig, type TokenCaller } from '#tenancy/testing/fixture/tenancy'
import { addNotes, refusal, rows } from '#tenancy/testing/fixture/test-tenants'

// Two apps in one process, each with its own database. Both have a tenant with the same id: in the
// shared tables of the first, in a dedicated schema of the second.

const tenantId = newId()
const slug = `twice-${tenantId.slice(-8)}`
const logged = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }

type App = { instance: Tenancy; caller: TokenCaller; mark: string }

let other: TestDatabase
let first: App
let second: App

beforeAll(async () => {
  other = await createTestDatabase()
  first = await app('first', 'starter', fixtureConfig())
  second = await app('second', 'business', {
    ...fixtureConfig({ ...process.env, ...other.env }),
    encryptionKey: randomBytes(32).toString('base64'),
    connections: 7,
    pipeline: 'plain',
    logger: logged,
  })
})
afterAll(async () => {
  for (const { instance } of [first, second]) {
    await unprovision(instance, tenantId, await placementOf(instance, tenantId))
    await closePools(instance)
  }
  await other.drop()
})

async function app(mark: string, tier: string, config: TenancyConfig): Promise<App> {
  const instance = createTenancy(config)
  const db = platform(instance)
  const ownerId = newId()
  await db.insert(people).values({ id: ownerId, name: mark })
  await createTenant(instance, { id: tenantId, slug, name: mark, ownerId, tier })
  await withTenant(instance, { kind: 'service', tenantId, reason: 'test' }, (tx) =>
    addNotes(tx, 3, mark),
  )
  const token = newSecret()
  await db.insert(tokens).values({ hash: secretHash(token), tenantId, personId: ownerId })
  const caller: TokenCaller = { kind: 'token', token, tenantId, actor: { id: ownerId, name: mark } }
  return { instance, caller, mark }
}

const titles = async ({ instance, caller }: App): Promise<string[]> => {
  const [found] = await tenantBatch(instance, caller, (tx) => [
    tx.select({ title: notes.title }).from(notes).orderBy(notes.number),
  ])
  return found.map(({ title }) => title)
}
const expected = ({ mark }: App) => [1, 2, 3].map((n) => `${mark} ${n}`)

test('each instance reads its own rows for the same tenant id, when their queries alternate', async () => {
  const answers = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const one = i % 2 === 0 ? first : second
      return { one, found: await titles(one) }
    }),
  )
  for (const { one, found } of answers) expect(found).toEqual(expected(one))
  expect(await placementOf(first.instance, tenantId)).toMatchObject({ kind: 'shared' })
  expect(await placementOf(second.instance, tenantId)).toMatchObject({ kind: 'schema' })
})

test('a write in one instance does not reach the other', async () => {
  await withTenant(first.instance, first.caller, (tx) =>
    rows(tx, `update notes set body = 'changed' where number = 1001`),
  )
  const bodies = async ({ instance, caller }: App) =>
    withTenant(instance, caller, (tx) => rows(tx, 'select body from notes order by number limit 1'))
  expect(await bodies(first)).toEqual([{ body: 'changed' }])
  expect(await bodies(second)).toEqual([{ body: 'second body' }])
})

test('an instance does not accept a caller of the other', async () => {
  for (const [one, stranger] of [
    [first, second],
    [second, first],
  ] as const)
    expect(
      await refusal(withTenant(one.instance, stranger.caller, (tx) => rows(tx, 'select 1'))),
    ).toBe('NotSignedIn')
})

test('limits, rates and usage are separate', async () => {
  const by = { tenantId, actor: 'test', reason: 'test' }
  await setLimits(first.instance, by, { concurrent: 1 })
  expect(await limitsOf(first.instance, tenantId)).toMatchObject({ concurrent: 1 })
  expect(await limitsOf(second.instance, tenantId)).toMatchObject({ concurrent: 6 })

  // the first instance's only slot is taken, and the second still serves requests
  let finish = () => {}
  const held = new Promise<void>((resolve) => (finish = resolve))
  const holding = withTenant(first.instance, first.caller, async (tx) => {
    await rows(tx, 'select 1')
    await held
  })
  await sleep(50)
  expect(await titles(second)).toEqual(expected(second))
  finish()
  await holding

  const before = usageSoFar(second.instance).all.requests
  for (let i = 0; i < 3; i++) await countTenantRequest(first.instance, tenantId, 3)
  expect(await refusal(countTenantRequest(first.instance, tenantId, 3))).toBe('TooBusy')
  await countTenantRequest(second.instance, tenantId, 3)
  expect(usageSoFar(second.instance).all.requests).toBe(before + 1)
  expect(usageSoFar(second.instance).limits.size).toBe(0)
})

test('a suspension and an encryption key of one instance do not affect the other', async () => {
  const action = { tenantId, slug, actor: 'test', reason: 'test' }
  await suspend(first.instance, action)
  expect(await refusal(titles(first))).toBe('TenantSuspended')
  expect(await titles(second)).toEqual(expected(second))
  await resume(first.instance, action)
  expect(await titles(first)).toEqual(expected(first))
  const encrypted = encrypt(first.instance, 'secret', 'test')
  expect(decrypt(first.instance, encrypted, 'test')).toBe('secret')
  expect(() => decrypt(second.instance, encrypted, 'test')).toThrow()
})

test('each instance reports its own readiness', async () => {
  const asked = [readiness(first.instance), readiness(second.instance)]
  expect(asked[0]).not.toBe(asked[1])
  expect(await Promise.all(asked)).toEqual([
    { ready: true, problems: [] },
    { ready: true, problems: [] },
  ])
  await platform(second.instance).execute(sql`select 1`)
  const broken = createTenancy({
    ...second.instance.config,
    urls: { ...second.instance.config.urls, platform: 'postgres://nobody:x@127.0.0.1:1/none' },
  })
  const both = await Promise.all([readiness(broken), readiness(first.instance)])
  expect(both.map(({ ready }) => ready)).toEqual([false, true])
  await closePools(broken)
})

test('closing the pools of one instance does not affect the other', async () => {
  expect(tenantPools(first.instance).budget).toBe(20)
  expect(tenantPools(second.instance).budget).toBe(7)
  expect([first, second].map(({ instance }) => pipelineOf(instance).name)).toEqual([
    pipelineOf(createTenancy(fixtureConfig())).name,
    'plain',
  ])
  const pool = platformPool(second.instance)
  await closePools(first.instance)
  expect(platformPool(second.instance)).toBe(pool)
  expect(await titles(second)).toEqual(expected(second))
  expect(await titles(first)).toEqual(expected(first))
})

test('instances share no state, and each logs to its own logger', async () => {
  const objects = ({ state }: Tenancy) =>
    [...state]
      .filter(([name]) => name !== pipelineOf.stateName)
      .map(([, value]) => value)
      .filter((value) => typeof value === 'object' || typeof value === 'function')
  const held = new Set(objects(first.instance))
  expect(held.size).toBeGreaterThan(5)
  expect(objects(second.instance).filter((one) => held.has(one))).toEqual([])
  const warn = vi.spyOn(first.instance.config.logger, 'warn').mockImplementation(() => {})
  await withTenant(second.instance, second.caller, (tx) => rows(tx, 'select pg_sleep(0.6)'))
  expect(logged.warn).toHaveBeenCalled()
  expect(warn).not.toHaveBeenCalled()
})
