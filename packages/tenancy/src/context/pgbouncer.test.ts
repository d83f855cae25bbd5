import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countCall } from '#tenancy/admission/api-rate'
import { loginPassword, loginUrl, placementKinds, type Tenancy } from '#tenancy/base/tenancy'
import { tenantBatch, withTenant } from '#tenancy/context/with-tenant'
import { DedicatedRoleRefused } from '#tenancy/base/errors'
import { rotateLogin } from '#tenancy/data/rotate-login'
import { unprovision } from '#tenancy/placements/provision'
import { createTenancy } from '#tenancy/create-tenancy'
import { closePools } from '#tenancy/registry/pools'
import { forgetPlacement, placementOf } from '#tenancy/registry/placements'
import { notes } from '#tenancy/testing/fixture/schema'
import { fixtureConfig, tenancy, type TokenCaller } from '#tenancy/testing/fixture/tenancy'
import {
  createTestTenant,
  createTestTenants,
  removeTestTenants,
  rows,
  type TestTenants,
} from '#tenancy/testing/fixture/test-tenants'
import { findPgbouncer, startPgbouncer } from '#tenancy/testing/pgbouncer'

const program = findPgbouncer()
if ('missing' in program) console.warn(`skipped: ${program.missing}`)

/** Those of many installations. A pooler of a provider accepts `options` as little as one without it. */
const lenient = ['ignore_startup_parameters = options,extra_float_digits']

/** Starts PgBouncer for the platform login, the tenant login, and `users` or the tenants' dedicated roles. */
async function throughPgbouncer(
  testTenants: TestTenants,
  {
    settings = [],
    pipeline,
    authUser,
  }: { settings?: string[]; pipeline: 'pipelined' | 'plain'; authUser?: string },
  users?: [name: string, password: string][],
): Promise<{ bounced: Tenancy; stop: () => Promise<void> }> {
  if ('missing' in program) throw new Error(program.missing)
  const dedicated = await Promise.all(
    [...testTenants.schema, ...testTenants.database].map(async ({ id }) => {
      const { login, password } = await placementOf(tenancy(), id)
      return [login ?? '', password ?? ''] as [string, string]
    }),
  )
  const { port, stop } = await startPgbouncer(program.path, {
    url: loginUrl(tenancy(), 'tenant'),
    users: [
      ['rowhouse_tenant', loginPassword(tenancy(), 'tenant')],
      ['rowhouse_platform', loginPassword(tenancy(), 'platform')],
      ...(users ?? dedicated),
    ],
    ...(authUser && { authUser }),
    connections: 2,
    settings,
  })
  const behind = (url: string) => Object.assign(new URL(url), { port: String(port) }).toString()
  const config = fixtureConfig()
  const { platform, tenant } = config.urls
  const urls = { ...config.urls, platform: behind(platform), tenant: behind(tenant) }
  return { bounced: createTenancy({ ...config, urls, pipeline }), stop }
}

describe.skipIf('missing' in program)('through PgBouncer in transaction mode', () => {
  let testTenants: TestTenants
  beforeAll(async () => {
    testTenants = await createTestTenants(placementKinds, 3)
  })
  afterAll(async () => {
    await removeTestTenants(testTenants)
    await closePools(tenancy())
  })

  test('without auth_query, a role that the pooler does not know is refused in words', async () => {
    if ('missing' in program) throw new Error(program.missing)
    const { bounced, stop } = await throughPgbouncer(testTenants, { pipeline: 'pipelined' }, [])
    const [{ owner }] = testTenants.schema
    const failure = await withTenant(bounced, owner, (tx) => rows(tx, 'select')).catch(
      (error: unknown) => error,
    )
    expect(DedicatedRoleRefused.is(failure)).toBe(true)
    expect(failure).toMatchObject({ message: expect.stringContaining('auth_query') as string })
    await closePools(bounced)
    await stop()
  })

  test('with auth_query, tenants are available that did not exist when the pooler started, also after a rotation', async () => {
    const admin = new URL(process.env.DATABASE_URL ?? '')
    const { bounced, stop } = await throughPgbouncer(
      testTenants,
      { pipeline: 'pipelined', authUser: admin.username },
      [[admin.username, decodeURIComponent(admin.password)]],
    )
    for (const kind of ['schema', 'database'] as const) {
      const tenant = await createTestTenant(kind, 'new', 2)
      const read = () =>
        withTenant(bounced, tenant.owner, (tx) => rows(tx, 'select count(*)::int as n from notes'))
      expect(await read()).toEqual([{ n: 2 }])
      await rotateLogin(tenancy(), {
        tenantId: tenant.id,
        slug: tenant.slug,
        actor: 'test',
        reason: 'test',
      })
      // as the listener does; a connection with the old password waits until PgBouncer gives up
      forgetPlacement(bounced, tenant.id)
      expect(await read()).toEqual([{ n: 2 }])
      await unprovision(tenancy(), tenant.id, await placementOf(tenancy(), tenant.id))
    }
    await closePools(bounced)
    await stop()
  })

  describe.each([
    ['which refuses start-up parameters, pipelined', [], 'pipelined', 1],
    ['which refuses start-up parameters, with plain queries', [], 'plain', 0.1],
    ['which ignores start-up parameters, pipelined', lenient, 'pipelined', 0.1],
    ['which ignores start-up parameters, with plain queries', lenient, 'plain', 0.1],
  ] as const)('%s', (_, settings, pipeline, share) => {
    let bounced: Tenancy
    let stop: () => Promise<void>
    const queryAs = (caller: TokenCaller, text: string) =>
      withTenant(bounced, caller, (tx) => rows(tx, text))

    beforeAll(async () => {
      ;({ bounced, stop } = await throughPgbouncer(testTenants, {
        settings: [...settings],
        pipeline,
      }))
    })
    afterAll(async () => {
      await closePools(bounced)
      await stop()
    })

    test.each(placementKinds)(
      'two %s tenants alternate on two server connections, and each sees only its own rows',
      async (kind) => {
        const turns = (kind === 'shared' ? 10_000 : 1000) * share
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

    test.each(placementKinds)('a batch reads the rows of a %s tenant', async (kind) => {
      for (const { owner, id } of testTenants[kind]) {
        const [found, again] = await tenantBatch(bounced, owner, (tx) => [
          tx.select({ tenantId: notes.tenantId }).from(notes),
          tx.select({ tenantId: notes.tenantId }).from(notes),
        ])
        expect(found).toEqual(Array.from({ length: 3 }, () => ({ tenantId: id })))
        expect(again).toEqual(found)
      }
    })

    test('API calls are counted on whichever server connection is free', async () => {
      const [{ id: tenantId }] = testTenants.shared
      const { remaining } = await countCall(bounced, { tenantId })
      await Promise.all(Array.from({ length: 20 }, () => countCall(bounced, { tenantId })))
      expect((await countCall(bounced, { tenantId })).remaining).toBe(remaining - 21)
    })

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
})
