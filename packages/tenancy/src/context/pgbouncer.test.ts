import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loginPassword, placementKinds, type Tenancy } from '#tenancy/base/tenancy'
import { withTenant } from '#tenancy/context/with-tenant'
import { createTenancy } from '#tenancy/create-tenancy'
import { closePools } from '#tenancy/registry/pools'
import { connectionString, placementOf } from '#tenancy/registry/placements'
import { fixtureConfig, tenancy, type TokenCaller } from '#tenancy/testing/fixture/tenancy'
import {
  createTestTenants,
  removeTestTenants,
  rows,
  type TestTenants,
} from '#tenancy/testing/fixture/test-tenants'
import { findPgbouncer, startPgbouncer } from '#tenancy/testing/pgbouncer'

const program = findPgbouncer()
if ('missing' in program) console.warn(`skipped: ${program.missing}`)

describe.skipIf('missing' in program)('through PgBouncer in transaction mode', () => {
  let testTenants: TestTenants
  let bounced: Tenancy
  let stop: () => Promise<void>

  const queryAs = (caller: TokenCaller, text: string) =>
    withTenant(bounced, caller, (tx) => rows(tx, text))

  beforeAll(async () => {
    testTenants = await createTestTenants(placementKinds, 3)
    const own = await Promise.all(
      [...testTenants.schema, ...testTenants.database].map(async ({ id }) => {
        const { login, password } = await placementOf(tenancy(), id)
        return [login ?? '', password ?? ''] as [string, string]
      }),
    )
    const url = connectionString(tenancy(), await placementOf(tenancy(), testTenants.shared[0].id))
    if ('missing' in program) throw new Error(program.missing)
    const bouncer = await startPgbouncer(
      program.path,
      url,
      [['rowhouse_tenant', loginPassword(tenancy(), 'tenant')], ...own],
      2,
    )
    stop = bouncer.stop
    // the connection strings of all tenants are derived from this one
    const behind = new URL(url)
    behind.port = String(bouncer.port)
    const config = fixtureConfig()
    bounced = createTenancy({ ...config, urls: { ...config.urls, tenant: behind.toString() } })
  })
  afterAll(async () => {
    await closePools(bounced)
    await stop()
    await removeTestTenants(testTenants)
    await closePools(tenancy())
  })

  test.each(placementKinds)(
    'two %s tenants alternate on two server connections, and each sees only its own rows',
    async (kind) => {
      const turns = kind === 'shared' ? 10_000 : 1000
      for (let done = 0; done < turns; done += 20) {
        await Promise.all(
          Array.from({ length: 20 }, async (_, i) => {
            const { owner, id } = testTenants[kind][(done + i) % 2 === 0 ? 0 : 1]
            expect(
              await queryAs(
                owner,
                `select string_agg(distinct tenant_id::text, ',') as ids, current_setting('tenancy.context') <> '' as signed from notes`,
              ),
            ).toEqual([{ ids: id, signed: true }])
          }),
        )
      }
    },
    120_000,
  )

  test('settings of one request do not affect the next one on the same server connection', async () => {
    const [a, b] = testTenants.shared
    for (let i = 0; i < 20; i++) {
      await queryAs(a.owner, `set search_path = pg_catalog`)
      const [found] = await queryAs(
        b.owner,
        `select count(*)::int as n, count(*) filter (where tenant_id <> '${b.id}')::int as strange from notes`,
      )
      expect(found).toEqual({ n: 3, strange: 0 })
    }
  })
})
