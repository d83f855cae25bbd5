import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withConnection, databaseOf } from '#tenancy/base/connect'
import { withTenant, tenancy } from '#tenancy/testing/fixture/tenancy'
import { newId } from '#tenancy/base/ids'
import {
  createTestTenants,
  removeTestTenants,
  queryAs,
  type TestTenants,
} from '#tenancy/testing/fixture/test-tenants'
import { closePools } from '#tenancy/registry/pools'
import { countTenantRequest } from '#tenancy/admission/request-rate'

let testTenants: TestTenants
beforeAll(async () => void (testTenants = await createTestTenants(['shared'], 3)))
afterAll(async () => {
  await removeTestTenants(testTenants)
  await closePools(tenancy())
})

test("when all connections are repeatedly terminated under load, no tenant sees another's rows and no acknowledged write is lost or duplicated", async () => {
  const acknowledged = new Map<string, string[]>(testTenants.shared.map(({ id }) => [id, []]))
  let running = true
  let numbered = 5000
  const working = testTenants.shared.flatMap((tenant) =>
    [0, 1].map(async () => {
      for (; running; await sleep(2)) {
        const id = newId()
        const number = ++numbered
        const seen = await withTenant(tenant.owner, async (tx) => {
          const { rows } = await tx.execute<{ title: string }>(
            sql`select title from notes where tenant_id = ${tenant.id} and body <> 'fault' limit 5`,
          )
          await tx.execute(
            sql`insert into notes (tenant_id, id, number, title, body) values (${tenant.id}, ${id}, ${number}, ${id}, 'fault')`,
          )
          return rows.map(({ title }) => title)
        }).catch(() => undefined)
        if (!seen) continue
        acknowledged.get(tenant.id)?.push(id)
        for (const title of seen) expect(title).toContain(tenant.mark)
      }
    }),
  )
  const url = process.env.DATABASE_URL ?? ''
  for (let i = 0; i < 10; i++) {
    await sleep(100)
    await withConnection(url, (admin) =>
      admin.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
        [databaseOf(url)],
      ),
    )
  }
  running = false
  await Promise.all(working)
  for (const { id, owner } of testTenants.shared) {
    const there = (await queryAs(owner, `select id from notes where body = 'fault'`)).map(
      (row) => row.id,
    )
    expect(new Set(there).size).toBe(there.length)
    expect(acknowledged.get(id)?.filter((one) => !there.includes(one))).toEqual([])
    expect(acknowledged.get(id)?.length).toBeGreaterThan(0)
  }
})

test('requests over the rate limit are refused with the seconds to wait, and other tenants are served', async () => {
  const [noisy, quiet] = testTenants.shared
  for (let i = 0; i < 5; i++) await countTenantRequest(tenancy(), noisy.id, 5)
  await expect(countTenantRequest(tenancy(), noisy.id, 5)).rejects.toMatchObject({
    code: 'too_busy',
    limit: 'requests_per_minute',
    max: 5,
    retryAfterSeconds: expect.any(Number) as number,
  })
  await expect(countTenantRequest(tenancy(), quiet.id, 5)).resolves.toBeUndefined()
})
