import { asc, sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { foldUsage, hoursKept } from '#tenancy/admission/fold-usage'
import { usage } from '#tenancy/base/schema'
import { closePools } from '#tenancy/registry/pools'
import { platform, tenancy } from '#tenancy/testing/fixture/tenancy'
import {
  createTestTenants,
  removeTestTenants,
  type TestTenants,
} from '#tenancy/testing/fixture/test-tenants'

let testTenants: TestTenants
beforeAll(async () => void (testTenants = await createTestTenants(['shared'], 1)))
afterAll(async () => {
  await removeTestTenants(testTenants)
  await closePools(tenancy())
})

const hourMs = 3_600_000
const thisHour = Math.floor(Date.now() / hourMs) * hourMs

test('hours of older days become one row a day without losing anything, and recent hours do not change', async () => {
  const ids = testTenants.shared.map(({ id }) => id)
  await platform().delete(usage)
  await platform()
    .insert(usage)
    .values(
      ids.flatMap((tenantId, t) =>
        Array.from({ length: 200 }, (_, h) => ({
          tenantId,
          hour: new Date(thisHour - h * hourMs),
          requests: h + t,
          transactions: 2 * h,
          errors: h % 3,
          databaseMs: h,
          waitMs: 1,
          limitsHit: h % 2,
        })),
      ),
    )
  const sums = async () =>
    (
      await platform().execute(
        sql`select tenant_id, sum(requests) as r, sum(transactions) as t, sum(errors) as e, sum(database_ms) as d, sum(wait_ms) as w, sum(limits_hit) as l from tenancy.usage group by tenant_id order by tenant_id`,
      )
    ).rows
  const young = () =>
    platform()
      .select()
      .from(usage)
      .where(sql`${usage.hour} >= ${new Date(thisHour - hoursKept * hourMs)}`)
      .orderBy(asc(usage.tenantId), asc(usage.hour))
  const before = { sums: await sums(), young: await young() }
  const counts = await Promise.all([
    foldUsage(tenancy()),
    foldUsage(tenancy()),
    foldUsage(tenancy()),
  ])
  expect(counts.reduce((all, one) => all + one, 0)).toBeGreaterThan(2 * (200 - hoursKept - 10))
  expect({ sums: await sums(), young: await young() }).toEqual(before)
  expect(before.young).toHaveLength(2 * (hoursKept + 1))
  const old = await platform()
    .select({ hour: usage.hour })
    .from(usage)
    .where(sql`${usage.hour} < ${new Date(thisHour - hoursKept * hourMs)}`)
  expect(old.filter(({ hour }) => hour.getTime() % (24 * hourMs) !== 0)).toEqual([])
  expect(old.length).toBeLessThanOrEqual(2 * (Math.ceil((200 - hoursKept) / 24) + 1))
  expect(await foldUsage(tenancy())).toBe(0)
})

test('hours that are folded later are added to the row of their day', async () => {
  const [{ id: tenantId }] = testTenants.shared
  await platform().delete(usage)
  const midnight = Math.floor((thisHour - (hoursKept + 48) * hourMs) / (24 * hourMs)) * 24 * hourMs
  for (const hours of [
    [3, 4],
    [5, 0, 23],
  ]) {
    await platform()
      .insert(usage)
      .values(
        hours.map((h) => ({
          tenantId,
          hour: new Date(midnight + h * hourMs),
          requests: 1,
          databaseMs: 0.5,
        })),
      )
      .onConflictDoUpdate({
        target: [usage.tenantId, usage.hour],
        set: { requests: sql`${usage.requests} + 1` },
      })
    await foldUsage(tenancy())
  }
  expect(await platform().select().from(usage)).toMatchObject([
    { hour: new Date(midnight), requests: 5, databaseMs: 2 },
  ])
})
