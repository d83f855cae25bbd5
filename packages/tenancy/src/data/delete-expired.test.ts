import { asc } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inDatabase, withConnection } from '#tenancy/base/connect'
import { newId, privateName } from '#tenancy/base/ids'
import { checkRuns, exports, retentionRuns, usage } from '#tenancy/base/schema'
import { loginUrl } from '#tenancy/base/tenancy'
import { deleteExpired, pruneServiceEntries } from '#tenancy/data/delete-expired'
import { placementOf, serviceUrl } from '#tenancy/registry/placements'
import { closePools } from '#tenancy/registry/pools'
import { platform, tenancy } from '#tenancy/testing/fixture/tenancy'
import {
  createTestTenants,
  removeTestTenants,
  refusal,
  type TestTenants,
} from '#tenancy/testing/fixture/test-tenants'

let testTenants: TestTenants
beforeAll(async () => void (testTenants = await createTestTenants(['shared', 'database'], 1)))
afterAll(async () => {
  await removeTestTenants(testTenants)
  await closePools(tenancy())
})

const hourMs = 3_600_000
const ago = (days: number) => new Date(Date.now() - days * 24 * hourMs)

test('old rows are deleted, except the newest check run of each kind, exports with files and open rows', async () => {
  const [{ id: tenantId }] = testTenants.shared
  const db = platform()
  const looked = (kind: 'doctor' | 'drift', days: number) => ({
    id: newId(),
    kind,
    at: ago(days),
    by: 'test',
    targets: 1,
    violations: [],
    tookMs: 1,
  })
  await db
    .insert(checkRuns)
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
  await deleteExpired(tenancy())
  expect(
    (await db.select().from(checkRuns).orderBy(asc(checkRuns.at))).map(({ kind, at }) => [
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

test('old service entries are deleted in every database, by the worker alone, which cannot delete newer ones', async () => {
  const places = await Promise.all(
    [testTenants.shared[0], testTenants.database[0]].map(async ({ id }) => ({
      id,
      placement: await placementOf(tenancy(), id),
    })),
  )
  for (const { id, placement } of places) {
    const url = new URL(process.env.DATABASE_URL ?? '')
    if (placement.database) url.pathname = `/${placement.database}`
    const ask = (text: string) =>
      withConnection(
        url.toString(),
        async (admin) => (await admin.query<{ reason: string }>(text)).rows,
      )
    await ask(
      `insert into tenancy.service_entries (at, tenant_id, login, reason) values (now() - interval '91 days', '${id}', 'test', 'old'), (now() - interval '89 days', '${id}', 'test', 'young')`,
    )
    await pruneServiceEntries(tenancy())
    expect(await ask(`select reason from tenancy.service_entries where login = 'test'`)).toEqual([
      { reason: 'young' },
    ])
    for (const text of [
      `delete from tenancy.service_entries`,
      `select from tenancy.service_entries`,
    ])
      expect(
        await refusal(
          withConnection(serviceUrl(tenancy(), 'worker', placement), (worker) =>
            worker.query(text),
          ),
        ),
      ).toBe('42501')
  }
  for (const login of ['tenant', 'platform'] as const)
    expect(
      await refusal(
        withConnection(loginUrl(tenancy(), login), (client) =>
          client.query('select tenancy.prune_service_entries()'),
        ),
      ),
    ).toBe('42501')
})

test("large objects of tenants' logins are removed in every database, and no others", async () => {
  const [{ id }] = testTenants.database
  const adminUrl = process.env.DATABASE_URL ?? ''
  const logins = new Map([
    [adminUrl, 'rowhouse_tenant'],
    [inDatabase(adminUrl, privateName(id)), privateName(id)],
  ])
  for (const [url, login] of logins)
    await withConnection(url, (admin) =>
      admin.query(
        `select lo_create(oid::oid) from generate_series(4001, 5200) as oid; select lo_create(3000);
         do $$ begin for i in 4001..5200 loop execute format('alter large object %s owner to ${login}', i); end loop; end $$`,
      ),
    )
  await deleteExpired(tenancy())
  await pruneServiceEntries(tenancy())
  for (const url of logins.keys()) {
    const { rows } = await withConnection(url, (admin) =>
      admin.query('select oid from pg_largeobject_metadata'),
    )
    expect(rows).toEqual([{ oid: 3000 }])
  }
})
