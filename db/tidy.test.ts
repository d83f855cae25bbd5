import { asc, sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connected } from '#db/connect'
import { env, loginUrl } from '#db/env'
import { newId } from '#db/id'
import { buildWorld, leaveWorld, refusal, type World } from '#db/isolation/testing/world'
import { foldUsage, hoursKept } from '#db/limits/fold-usage'
import { closePools } from '#db/pools'
import { platform, placementOf, serviceUrl } from '#db/registry'
import { examinations } from '#db/schema/console'
import { exports, retentionRuns, usage } from '#db/schema/platform'
import { pruneEntries, tidy } from '#db/tidy'

let world: World
beforeAll(async () => void (world = await buildWorld(['shared', 'database'], 1)))
afterAll(async () => {
  await leaveWorld(world)
  await closePools()
})

const hourMs = 3_600_000
const thisHour = Math.floor(Date.now() / hourMs) * hourMs
const ago = (days: number) => new Date(Date.now() - days * 24 * hourMs)

test('hours of older days become one row a day without losing anything, and those of the last days stay as they are', async () => {
  const ids = world.shared.map(({ id }) => id)
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
        sql`select tenant_id, sum(requests) as r, sum(transactions) as t, sum(errors) as e, sum(database_ms) as d, sum(wait_ms) as w, sum(limits_hit) as l from platform.usage group by tenant_id order by tenant_id`,
      )
    ).rows
  const young = () =>
    platform()
      .select()
      .from(usage)
      .where(sql`${usage.hour} >= ${new Date(thisHour - hoursKept * hourMs)}`)
      .orderBy(asc(usage.tenantId), asc(usage.hour))
  const before = { sums: await sums(), young: await young() }
  const counts = await Promise.all([foldUsage(), foldUsage(), foldUsage()])
  expect(counts.reduce((all, one) => all + one, 0)).toBeGreaterThan(2 * (200 - hoursKept - 10))
  expect({ sums: await sums(), young: await young() }).toEqual(before)
  expect(before.young).toHaveLength(2 * (hoursKept + 1))
  const old = await platform()
    .select({ hour: usage.hour })
    .from(usage)
    .where(sql`${usage.hour} < ${new Date(thisHour - hoursKept * hourMs)}`)
  expect(old.filter(({ hour }) => hour.getTime() % (24 * hourMs) !== 0)).toEqual([])
  expect(old.length).toBeLessThanOrEqual(2 * (Math.ceil((200 - hoursKept) / 24) + 1))
  expect(await foldUsage()).toBe(0)
})

test('a day that was put away takes what is folded later', async () => {
  const [{ id: tenantId }] = world.shared
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
    await foldUsage()
  }
  expect(await platform().select().from(usage)).toMatchObject([
    { hour: new Date(midnight), requests: 5, databaseMs: 2 },
  ])
})

test('what is old goes, and the newest examination of each kind, files and open rows do not', async () => {
  const [{ id: tenantId }] = world.shared
  const db = platform()
  const looked = (kind: 'doctor' | 'drift', days: number) => ({
    id: newId(),
    kind,
    at: ago(days),
    by: 'test',
    targets: 1,
    offenders: [],
    tookMs: 1,
  })
  await db
    .insert(examinations)
    .values([
      looked('doctor', 91),
      looked('doctor', 89),
      looked('drift', 300),
      looked('drift', 200),
    ])
  await db.insert(retentionRuns).values(
    [401, 399].map((days) => ({
      id: newId(),
      tenantId,
      state: 'done' as const,
      steps: [],
      endedAt: ago(days),
    })),
  )
  await db
    .insert(retentionRuns)
    .values({ id: newId(), tenantId, state: 'waiting', steps: [], plannedAt: ago(500) })
  await db.insert(exports).values(
    (['done', 'failed', 'expired'] as const).flatMap((state) =>
      [401, 399].map((days) => ({
        id: newId(),
        tenantId,
        requestedBy: 'test',
        state,
        endedAt: ago(days),
      })),
    ),
  )
  await db.delete(usage)
  await db.insert(usage).values([401, 399].map((days) => ({ tenantId, hour: ago(days) })))
  await tidy()
  expect(
    (await db.select().from(examinations).orderBy(asc(examinations.at))).map(({ kind, at }) => [
      kind,
      Math.round((Date.now() - at.getTime()) / hourMs / 24),
    ]),
  ).toEqual([
    ['drift', 200],
    ['doctor', 89],
  ])
  expect((await db.select().from(retentionRuns)).map(({ state }) => state).sort()).toEqual([
    'done',
    'waiting',
  ])
  expect((await db.select().from(exports)).map(({ state }) => state).sort()).toEqual([
    'done',
    'done',
    'expired',
    'failed',
  ])
  expect(await db.select().from(usage)).toHaveLength(1)
})

test('entries of long ago go in every database, at the word of the worker alone, and the worker reaches no younger one', async () => {
  const places = await Promise.all(
    [world.shared[0], world.database[0]].map(async ({ id }) => ({
      id,
      placement: await placementOf(id),
    })),
  )
  for (const { id, placement } of places) {
    const url = new URL(env().DATABASE_URL ?? '')
    if (placement.database) url.pathname = `/${placement.database}`
    const ask = (text: string) =>
      connected(url.toString(), async (admin) => (await admin.query<{ reason: string }>(text)).rows)
    await ask(
      `insert into tenancy.entries (at, tenant_id, login, reason) values (now() - interval '91 days', '${id}', 'test', 'old'), (now() - interval '89 days', '${id}', 'test', 'young')`,
    )
    await pruneEntries()
    expect(await ask(`select reason from tenancy.entries where login = 'test'`)).toEqual([
      { reason: 'young' },
    ])
    for (const text of [`delete from tenancy.entries`, `select from tenancy.entries`])
      expect(
        await refusal(connected(serviceUrl('worker', placement), (worker) => worker.query(text))),
      ).toBe('42501')
  }
  for (const login of ['tenant', 'platform'] as const)
    expect(
      await refusal(
        connected(loginUrl(login), (client) => client.query('select tenancy.prune_entries()')),
      ),
    ).toBe('42501')
})
