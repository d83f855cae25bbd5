import { setTimeout as sleep } from 'node:timers/promises'
import { desc, eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { TookTooLong, TooBusy } from '#tenancy/base/errors'
import {
  createTestTenants,
  removeTestTenants,
  queryAs,
  type TestTenants,
} from '#tenancy/testing/fixture/test-tenants'
import { forgetLimits, limitFacts, limitsOf, setLimits } from '#tenancy/admission/limits'
import { closePools } from '#tenancy/registry/pools'
import { platform, tenancy, tiers } from '#tenancy/testing/fixture/tenancy'
import { placementKinds } from '#tenancy/base/tenancy'
import { usage } from '#tenancy/base/schema'
import { usageSoFar } from '#tenancy/admission/usage'
import { flushUsage } from '#tenancy/admission/store-usage'

let testTenants: TestTenants
beforeAll(async () => void (testTenants = await createTestTenants(placementKinds, 1)))
afterAll(async () => {
  await removeTestTenants(testTenants)
  await closePools(tenancy())
})

const action = (tenantId: string) => ({ tenantId, actor: 'test', reason: 'test' })

test('a tenant has the limits of its tier, with its overrides', async () => {
  const { id } = testTenants.shared[0]
  expect(await limitsOf(tenancy(), id)).toEqual(tiers.starter.limits)
  await setLimits(tenancy(), action(id), { concurrent: 3, exportRows: 10 })
  expect(await limitsOf(tenancy(), id)).toEqual({
    ...tiers.starter.limits,
    concurrent: 3,
    exportRows: 10,
  })
  await setLimits(tenancy(), action(id), { concurrent: null })
  expect(await limitFacts(tenancy(), id)).toMatchObject({
    tier: 'starter',
    own: { concurrent: null, exportRows: 10 },
    limits: { concurrent: 2, exportRows: 10 },
  })
  await expect(setLimits(tenancy(), action(id), { concurrent: 0 })).rejects.toThrow()
})

test.each(placementKinds)(
  'in a %s placement a slow query is cancelled at the limit, which does not stay on the connection',
  async (kind) => {
    const { id, owner } = testTenants[kind][0]
    await setLimits(tenancy(), action(id), { statementMs: 100 })
    await expect(queryAs(owner, 'select pg_sleep(5)')).rejects.toBeInstanceOf(TookTooLong)
    expect(usageSoFar(tenancy()).limits.get('statement_time')).toBeGreaterThan(0)
    await setLimits(tenancy(), action(id), { statementMs: null })
    expect(await queryAs(owner, 'select current_setting($$statement_timeout$$) as ms')).toEqual([
      {
        ms: `${tiers[kind === 'shared' ? 'starter' : kind === 'schema' ? 'business' : 'enterprise'].limits.statementMs / 1000}s`,
      },
    ])
  },
)

test('a tenant under load uses no more connections than its limit, and other tenants are served', async () => {
  const [noisy, quiet] = testTenants.shared
  await setLimits(tenancy(), action(noisy.id), { concurrent: 2 })
  forgetLimits(tenancy())
  const flood = Promise.allSettled(
    Array.from({ length: 140 }, () => queryAs(noisy.owner, 'select pg_sleep(0.05)')),
  )
  await sleep(100)
  expect(await queryAs(quiet.owner, 'select 1 as one')).toEqual([{ one: 1 }])
  const {
    rows: [busy],
  } = await withConnection(process.env.DATABASE_URL ?? '', (admin) =>
    admin.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where query = 'select pg_sleep(0.05)' and state = 'active'`,
    ),
  )
  expect(busy?.n).toBeLessThanOrEqual(2)
  const answers = await flood
  expect(answers.some((answer) => answer.status === 'rejected' && TooBusy.is(answer.reason))).toBe(
    true,
  )
  expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(20)
})

test('usage is stored per tenant and hour, in one batch, and adds up', async () => {
  const { id, owner } = testTenants.shared[1]
  await flushUsage(tenancy())
  const hours = () =>
    platform().select().from(usage).where(eq(usage.tenantId, id)).orderBy(desc(usage.hour))
  const before = (await hours())[0]?.transactions ?? 0
  for (let i = 0; i < 3; i++) await queryAs(owner, 'select 1')
  await queryAs(owner, 'select 1 / 0').catch(() => {})
  expect(await flushUsage(tenancy())).toBeGreaterThan(0)
  const [stored] = await hours()
  expect(stored).toMatchObject({ transactions: before + 4, errors: 1 })
  expect(stored?.databaseMs).toBeGreaterThan(0)
  expect(await hours()).toHaveLength(1)
})
