import { afterAll, beforeAll, expect, it } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { withTenant, tenancy } from '#tenancy/testing/fixture/tenancy'
import { runFleet } from '#tenancy/migrations/run-migrations'
import { requestRun, readRun, runFleetJob } from '#tenancy/migrations/runs'
import { readStatus } from '#tenancy/migrations/status'
import { addColumn, growing } from '#tenancy/testing/migrations/histories'
import { nth, query } from '#tenancy/testing/migrations/tenant-rows'
import { verifyFleet } from '#tenancy/migrations/verify'
import { privateName } from '#tenancy/base/ids'
import { MortalServer, Wire } from '#tenancy/testing/moves/server'
import { createTenant } from '#tenancy/placements/create-tenant'
import { unprovision } from '#tenancy/placements/provision'
import { useServer } from '#tenancy/placements/servers'
import { closePools } from '#tenancy/registry/pools'
import { readPlacements, serviceUrl } from '#tenancy/registry/placements'
import { person } from '#tenancy/testing/fixture/test-tenants'

const history = growing(tenancy())
const slugs = ['alpha', 'beta']
const other = new MortalServer('fleet2')
let urls: string[]

beforeAll(async () => {
  const ownerId = await person('Owner')
  for (const slug of slugs)
    await createTenant(tenancy(), { slug, name: slug, tier: 'enterprise', ownerId })
  await createTenant(tenancy(), { slug: 'gamma', name: 'gamma', tier: 'business', ownerId })
  await other.start()
  await createTenant(
    tenancy(),
    { slug: 'delta', name: 'delta', tier: 'enterprise', ownerId },
    other.adminUrl,
  )
  urls = (await readPlacements(tenancy()))
    .filter(({ kind }) => kind === 'database')
    .map((placement) => serviceUrl(tenancy(), 'migrator', placement))
}, 60_000)

const close = (database: string, open: boolean) =>
  query(`alter database ${database} allow_connections ${open}`)

it('dedicated databases on this and another server are migrated, and the main database has their state', async () => {
  const histories = await history.add(addColumn('ripe_at'))
  expect(await readStatus(tenancy(), { histories })).toMatchObject({ total: 6, current: 1 })
  const id = await requestRun(tenancy(), 'test', {})
  expect(await runFleetJob(tenancy(), id, { histories })).toMatchObject({
    state: 'done',
    targets: 5,
    left: 0,
  })
  expect(await readRun(tenancy(), id)).toMatchObject({
    state: 'done',
    targets: 5,
    done: 5,
    failed: 0,
    failures: [],
    message: '',
  })
  expect(
    urls.map((url) => new URL(url).port).filter((port) => port === new URL(other.adminUrl).port),
  ).toHaveLength(1)
  for (const url of urls) {
    const there = await withConnection(
      url,
      async (client) =>
        (await client.query(
          `set role rowhouse_owner; select schema, migration from tenancy.applied_migrations where migration = '9001_test'`,
        )) as unknown as { rows: object[] }[],
    )
    expect(there[1]?.rows).toHaveLength(1)
  }
  expect(await readStatus(tenancy(), { histories })).toMatchObject({ total: 6, current: 6 })
  expect((await verifyFleet(tenancy(), histories)).drift).toEqual([])
})

it('an unreachable database is reported by name, and the others are migrated', async () => {
  const histories = await history.add(addColumn('paid_at'))
  const beta = nth(
    (await readPlacements(tenancy())).filter(({ kind }) => kind === 'database'),
    1,
  )
  await close(privateName(beta.tenantId), false)
  // if it is a canary, the run stops before it begins; if another target is, it does not
  expect(await runFleet(tenancy(), { histories, canary: ['beta'] })).toMatchObject({
    state: 'stopped',
    done: [],
    failed: [{ target: 'beta' }],
    left: 5,
    message: 'a canary failed; no other target was changed',
  })
  const id = await requestRun(tenancy(), 'test', { canary: ['gamma'], maxFailures: 3 })
  const result = await runFleetJob(tenancy(), id, { histories })
  expect(result).toMatchObject({
    state: 'failed',
    left: 1,
    failed: [
      {
        target: 'beta',
        tenantId: beta.tenantId,
        message: expect.stringMatching(
          /^beta: its database .* cannot be reached: .*not currently accepting connections; check that it runs/,
        ),
      },
    ],
  })
  expect(result.done.sort()).toEqual(['alpha', 'delta', 'gamma', 'shared'])
  expect(await readRun(tenancy(), id)).toMatchObject({
    state: 'failed',
    failed: 1,
    failures: [{ target: 'beta' }],
  })
  expect(
    (await readStatus(tenancy(), { histories })).targets.find(({ name }) => name === 'beta'),
  ).toMatchObject({ state: 'unreachable' })
  expect((await verifyFleet(tenancy(), histories)).drift).toMatchObject([
    { target: 'beta', object: 'database', expected: 'reachable' },
  ])
  await close(privateName(beta.tenantId), true)
  expect(await runFleet(tenancy(), { histories })).toMatchObject({
    state: 'done',
    done: ['beta'],
    left: 0,
  })
})

it('the next run restores functions that were changed in a dedicated database', async () => {
  const [url = ''] = urls
  await withConnection(url, async (client) => {
    await client.query(
      `set role rowhouse_owner; create or replace function tenancy.lock_key(p_tenant uuid) returns bigint language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as 'select 1'`,
    )
    await client.query(`delete from tenancy.applied_migrations where migration = 'functions'`)
  })
  const histories = await history.add()
  await readStatus(tenancy(), { inspect: true, histories }) // inspecting changes nothing
  expect((await verifyFleet(tenancy(), histories)).drift).toMatchObject([
    { target: 'tenancy of alpha', object: 'function lock_key(p_tenant uuid)' },
  ])
  await runFleet(tenancy(), { histories })
  expect((await verifyFleet(tenancy(), histories)).drift).toEqual([])
})

it('the next run creates a missing signing key in a dedicated database and keeps an existing one', async () => {
  const [placement] = (await readPlacements(tenancy())).filter(({ kind }) => kind === 'database')
  const keys = () =>
    withConnection(urls[0] ?? '', async (client) => {
      await client.query('set role rowhouse_owner')
      return (
        await client.query<{ key: string }>(
          `select encode(inner_pad, 'hex') as key from tenancy.key`,
        )
      ).rows
    })
  const notes = () =>
    withTenant({ kind: 'service', tenantId: placement?.tenantId ?? '', reason: 'test' }, (tx) =>
      tx.execute('select count(*) from notes where tenant_id = tenancy.tenant()'),
    )
  const before = await keys()
  const histories = await history.add()
  await runFleet(tenancy(), { histories })
  expect(await keys()).toEqual(before)
  await withConnection(urls[0] ?? '', (client) =>
    client.query('set role rowhouse_owner; delete from tenancy.key'),
  )
  await readStatus(tenancy(), { inspect: true, histories })
  expect(await keys()).toEqual([])
  await runFleet(tenancy(), { histories })
  expect(await keys()).toHaveLength(1)
  expect(await keys()).not.toEqual(before)
  expect((await notes()).rows).toEqual([{ count: '0' }])
})

it(
  'drift on another server is reported, and so is the server while it is down; it is migrated once it is back',
  { timeout: 60_000 },
  async () => {
    const histories = await history.add()
    const delta = nth(
      (await readPlacements(tenancy())).filter(({ server }) => server !== null),
      0,
    )
    const there = new URL(other.adminUrl)
    there.pathname = `/${delta.database}`
    await withConnection(there.toString(), (admin) =>
      admin.query(`alter table ${delta.schema}.notes no force row level security`),
    )
    expect((await verifyFleet(tenancy(), histories)).drift).toMatchObject([
      {
        target: 'delta',
        object: 'table notes',
        expected: expect.stringMatching(/, forced/),
        found: expect.stringMatching(/not forced/),
      },
    ])
    await withConnection(there.toString(), (admin) =>
      admin.query(`alter table ${delta.schema}.notes force row level security`),
    )

    const more = await history.add(addColumn('sent_at'))
    // the server is also registered under another address, so its roles remain
    const wire = new Wire(other.adminUrl)
    expect((await useServer(tenancy(), await wire.open(other.adminUrl)))?.server.port).not.toBe(
      delta.server?.port,
    )
    await wire.close()
    await other.stop()
    const away = new RegExp(
      `^delta: its database 127\\.0\\.0\\.1:${there.port}/${delta.database} cannot be reached: connect ECONNREFUSED`,
    )
    const result = await runFleet(tenancy(), { histories: more })
    expect(result).toMatchObject({
      state: 'failed',
      left: 1,
      failed: [{ target: 'delta', tenantId: delta.tenantId, message: expect.stringMatching(away) }],
    })
    expect(result.done.sort()).toEqual(['alpha', 'beta', 'gamma', 'shared'])
    expect(
      (await readStatus(tenancy(), { histories: more })).targets.find(
        ({ name }) => name === 'delta',
      ),
    ).toMatchObject({ state: 'unreachable' })
    expect((await verifyFleet(tenancy(), more)).drift).toMatchObject([
      { target: 'delta', object: 'database', expected: 'reachable' },
    ])
    await other.start()
    expect(await runFleet(tenancy(), { histories: more })).toMatchObject({
      state: 'done',
      done: ['delta'],
      left: 0,
    })
    expect((await verifyFleet(tenancy(), more)).drift).toEqual([])
  },
)

afterAll(async () => {
  for (const placement of await readPlacements(tenancy())) {
    if (placement.kind === 'database' && !placement.server)
      await close(privateName(placement.tenantId), true)
    await unprovision(tenancy(), placement.tenantId, placement)
  }
  await closePools(tenancy())
  await other.stop()
})
