import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readAlerts } from '#db/operators/alerts'
import { withConnection } from '@rowhouse/tenancy/admin'
import { tenantsWithViolations } from '@rowhouse/tenancy/checks'
import { env } from '#db/env'
import { newId, privateName, closePools, parseCursor } from '@rowhouse/tenancy'
import { listJobs } from '#db/operators/job-list'
import { listMoves } from '@rowhouse/tenancy/moves'
import { platform, tenancy } from '#db/tenancy'
import { checkRuns, migrationRuns, tenants } from '@rowhouse/tenancy/schema'
import {
  countTenants,
  listTenants,
  tenantCounts,
  tenantSorts,
  type TenantFilter,
} from '#db/operators/tenant-list'
import { topTenants, usageOf } from '#db/operators/usage-report'

const many = 10_000
const all: TenantFilter = { search: '', tier: null, kind: null, state: null }

beforeAll(() =>
  withConnection(env().DATABASE_URL ?? '', (admin) =>
    admin.query(`
  with made as (
    insert into tenancy.tenants (id, slug, name, tier)
    select gen_random_uuid(), 'tenant-' || i, 'Tenant ' || i, 'starter' from generate_series(1, ${many}) as i returning id, slug
  ), placed as (
    insert into tenancy.placements (tenant_id, kind, schema) select id, 'shared', 'shared' from made
  ), sized as (
    insert into platform.tenant_sizes (tenant_id, orders, bytes) select id, length(slug) * 100, 1000 from made where slug like '%7'
  )
  insert into tenancy.usage (tenant_id, hour, requests, database_ms) select id, date_trunc('hour', now()), 5, 9 from made;
  analyze`),
  ),
)
afterAll(() => closePools(tenancy()))

async function withinASecond<T>(work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await work()
  expect(performance.now() - began).toBeLessThan(1000)
  return result
}

test('each console list takes less than a second with 10,000 tenants', async () => {
  await platform().execute(sql`select 1`)
  expect(await withinASecond(() => countTenants(all))).toBe(many)
  expect(await withinASecond(() => tenantCounts())).toEqual([
    { tier: 'starter', kind: 'shared', tenants: many },
  ])
  expect(
    (await withinASecond(() => topTenants(new Date(Date.now() - 7_200_000), 'databaseMs'))).rows,
  ).toHaveLength(50)
  expect(
    (await withinASecond(() => listMoves(tenancy(), { live: true, size: 50, cursor: null }))).rows,
  ).toEqual([])
  expect(await withinASecond(() => listJobs())).toEqual([])
  await withinASecond(() => readAlerts())
})

test.each(tenantSorts)(
  'pages by %s continue where the previous one ended, in both directions',
  async (sort) => {
    const at = (cursor: string | null, back = false) =>
      listTenants(
        { ...all, search: 'tenant-9' },
        { sort, descending: true, size: 50, cursor: parseCursor(cursor ?? undefined, back) },
      )
    const first = await withinASecond(() => at(null))
    const second = await at(first.next)
    expect(second.rows.filter(({ id }) => first.rows.some((row) => row.id === id))).toEqual([])
    expect((await at(second.previous, true)).rows.map(({ id }) => id)).toEqual(
      first.rows.map(({ id }) => id),
    )
  },
)

test('search and filters narrow the list', async () => {
  expect(await countTenants({ ...all, search: 'TENANT 77' })).toBe(111)
  expect(await countTenants({ ...all, tier: 'business' })).toBe(0)
  expect(await countTenants({ ...all, state: 'active' })).toBe(many)
  expect(await countTenants({ ...all, state: 'suspended' })).toBe(0)
})

test('the usage report suggests an upgrade and says why, except on the highest tier', async () => {
  const hints = async (by: 'limitsHit' | 'waitMs') =>
    Object.fromEntries(
      (await topTenants(new Date(Date.now() - 7_200_000), by)).rows.map(({ slug, hint }) => [
        slug,
        hint,
      ]),
    )
  const use = (slug: string, changes: string) =>
    withConnection(env().DATABASE_URL ?? '', (admin) =>
      admin.query(
        `update tenancy.usage set ${changes} where tenant_id = (select id from tenancy.tenants where slug = $1)`,
        [slug],
      ),
    )
  await use('tenant-1', 'limits_hit = 3')
  await use('tenant-2', 'transactions = 200, wait_ms = 20000')
  expect(await hints('limitsHit')).toMatchObject({ 'tenant-1': 'ran into its limits 3 times' })
  expect(await hints('waitMs')).toMatchObject({
    'tenant-2': 'waits 100 ms for a connection each time',
  })
  await platform().update(tenants).set({ tier: 'enterprise' }).where(eq(tenants.slug, 'tenant-1'))
  expect(await hints('limitsHit')).toMatchObject({ 'tenant-1': null })
})

test.each([
  ['stopped', 0, 'The last fleet run was stopped'],
  ['stopped', 2, 'The last fleet run was stopped, with 2 failures'],
  ['failed', 1, 'The last fleet run failed, with 1 failure'],
  ['failed', 0, 'The last fleet run failed'],
] as const)(
  'a fleet run that %s with %i failures raises an alert that says so',
  async (state, failed, what) => {
    const id = newId()
    await platform()
      .insert(migrationRuns)
      .values({
        id,
        requestedBy: 'test',
        requestedAt: new Date(Date.now() + 60_000),
        state,
        failed,
        message: 'why',
      })
    expect((await readAlerts()).alerts).toContainEqual(
      expect.objectContaining({ what, why: 'why' }),
    )
    await platform().delete(migrationRuns).where(eq(migrationRuns.id, id))
  },
)

test('the usage and the violations of a page of tenants are read by id', async () => {
  const [one, other] = (
    await listTenants(all, { sort: 'name', descending: false, size: 2, cursor: null })
  ).rows
  if (!one || !other) throw new Error('there are no tenants')
  expect((await usageOf([one.id], new Date(Date.now() - 7_200_000))).get(one.id)).toEqual({
    requests: 5,
    databaseMs: 9,
  })
  expect((await tenantsWithViolations(tenancy(), [one.id, other.id])).size).toBe(0)
  await platform()
    .insert(checkRuns)
    .values({
      id: newId(),
      kind: 'doctor',
      by: 'test',
      targets: 1,
      tookMs: 1,
      violations: [
        {
          check: 'grants',
          target: 'main',
          object: `${privateName(one.id)}.orders`,
          why: 'select is granted to rowhouse_platform',
          tenantId: one.id,
        },
      ],
    })
  expect(await tenantsWithViolations(tenancy(), [one.id, other.id])).toEqual(new Set([one.id]))
})
