import { setTimeout as sleep } from 'node:timers/promises'
import { desc, eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connected } from '#db/connect'
import { env } from '#db/env'
import { TookTooLong, TooBusy } from '#db/errors'
import { buildWorld, leaveWorld, through, type World } from '#db/isolation/testing/world'
import { forgetLimits, limitFacts, limitsOf, setLimits, tierLimits } from '#db/limits/limits'
import { closePools } from '#db/pools'
import { platform } from '#db/registry'
import { placementKinds, usage } from '#db/schema/platform'
import { usageSoFar } from '#db/limits/usage'
import { flushUsage } from '#db/limits/usage-store'

let world: World
beforeAll(async () => void (world = await buildWorld(placementKinds, 1)))
afterAll(async () => {
  await leaveWorld(world)
  await closePools()
})

const deed = (tenantId: string) => ({ tenantId, actor: 'test', reason: 'test' })

test('a tenant has the limits of its tier, and its own where they were set', async () => {
  const { id } = world.shared[0]
  expect(await limitsOf(id)).toEqual(tierLimits.starter)
  await setLimits(deed(id), { concurrent: 3, exportRows: 10 })
  expect(await limitsOf(id)).toEqual({ ...tierLimits.starter, concurrent: 3, exportRows: 10 })
  await setLimits(deed(id), { concurrent: null })
  expect(await limitFacts(id)).toMatchObject({
    tier: 'starter',
    own: { concurrent: null, exportRows: 10 },
    limits: { concurrent: 2, exportRows: 10 },
  })
  await expect(setLimits(deed(id), { concurrent: 0 })).rejects.toThrow()
})

test.each(placementKinds)(
  'in a %s placement a slow query is stopped at the limit, and the connection forgets that limit',
  async (kind) => {
    const { id, owner } = world[kind][0]
    await setLimits(deed(id), { statementMs: 100 })
    await expect(through(owner, 'select pg_sleep(5)')).rejects.toBeInstanceOf(TookTooLong)
    expect(usageSoFar().limits.get('statement time')).toBeGreaterThan(0)
    await setLimits(deed(id), { statementMs: null })
    expect(await through(owner, 'select current_setting($$statement_timeout$$) as ms')).toEqual([
      {
        ms: `${tierLimits[kind === 'shared' ? 'starter' : kind === 'schema' ? 'business' : 'enterprise'].statementMs / 1000}s`,
      },
    ])
  },
)

test('a tenant that wants everything holds no more connections than its limit, and a neighbour is served meanwhile', async () => {
  const [noisy, quiet] = world.shared
  await setLimits(deed(noisy.id), { concurrent: 2 })
  forgetLimits()
  const flood = Promise.allSettled(
    Array.from({ length: 140 }, () => through(noisy.owner, 'select pg_sleep(0.05)')),
  )
  await sleep(100)
  expect(await through(quiet.owner, 'select 1 as one')).toEqual([{ one: 1 }])
  const {
    rows: [busy],
  } = await connected(env().DATABASE_URL ?? '', (admin) =>
    admin.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where query = 'select pg_sleep(0.05)' and state = 'active'`,
    ),
  )
  expect(busy?.n).toBeLessThanOrEqual(2)
  const answers = await flood
  expect(
    answers.some((answer) => answer.status === 'rejected' && answer.reason instanceof TooBusy),
  ).toBe(true)
  expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(20)
})

test('what was used is stored per tenant and hour, in one batch, and adds up', async () => {
  const { id, owner } = world.shared[1]
  await flushUsage()
  const hours = () =>
    platform().select().from(usage).where(eq(usage.tenantId, id)).orderBy(desc(usage.hour))
  const before = (await hours())[0]?.transactions ?? 0
  for (let i = 0; i < 3; i++) await through(owner, 'select 1')
  await through(owner, 'select 1 / 0').catch(() => {})
  expect(await flushUsage()).toBeGreaterThan(0)
  const [stored] = await hours()
  expect(stored).toMatchObject({ transactions: before + 4, errors: 1 })
  expect(stored?.databaseMs).toBeGreaterThan(0)
  expect(await hours()).toHaveLength(1)
})
