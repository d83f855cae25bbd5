import { setTimeout as sleep } from 'node:timers/promises'
import { eq } from 'drizzle-orm'
import pg from 'pg'
import { beforeAll, expect, it } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { withVersionLock } from '#tenancy/migrations/version-lock'
import { runFleet } from '#tenancy/migrations/run-migrations'
import { addColumn, growing } from '#tenancy/testing/migrations/histories'
import { makeFleet, type FleetTenant } from '#tenancy/testing/migrations/make-fleet'
import { nth, query } from '#tenancy/testing/migrations/tenant-rows'
import { verifyFleet } from '#tenancy/migrations/verify'
import { createTenant } from '#tenancy/placements/create-tenant'
import { unprovision } from '#tenancy/placements/provision'
import { placementOf } from '#tenancy/registry/placements'
import { platform, tenancy } from '#tenancy/testing/fixture/tenancy'
import { tenants } from '#tenancy/base/schema'
import { person } from '#tenancy/testing/fixture/test-tenants'

const adminUrl = process.env.DATABASE_URL ?? ''
const history = growing(tenancy())
let fleet: FleetTenant[]
const tenant = (at: number): FleetTenant => nth(fleet, at)
beforeAll(async () => {
  fleet = await makeFleet(tenancy(), adminUrl, 10)
})

/** Runs work while another session has an open transaction that has read a table. */
async function withOpenTransaction(text: string, work: () => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'long report' })
  await client.connect()
  await client.query(`begin; ${text}`)
  await work().finally(() => client.end())
}

it('a run waits for a tenant that an older build is creating, and migrates it too', async () => {
  const ownerId = await person('Owner')
  const blocker = new pg.Client({ connectionString: adminUrl })
  await blocker.connect()
  await blocker.query('begin; lock table tenancy.placements in share mode')
  const making = createTenant(tenancy(), { slug: 'late', name: 'Late', ownerId, tier: 'business' })
  const isProvisioned = `select from tenancy.applied_migrations
    where migration = '0000_init' and schema ~ '^t_[0-9a-f]{32}$' and schema not in (select schema from tenancy.placements)`
  while ((await query(isProvisioned)).length === 0) await sleep(10)
  const waited: string[] = []
  const onProgress = ({ waiting }: { waiting: string | null }) => {
    if (waiting !== null && waited.push(waiting) === 1) void blocker.end()
  }
  const result = await runFleet(tenancy(), {
    histories: await history.add(addColumn('late_at')),
    onProgress,
  })
  expect(waited[0]).toMatch(/^shared: locked by rowhouse, creating tenant late \(process \d+\)$/)
  expect(result).toMatchObject({ state: 'done', left: 0 })
  expect(result.done).toContain('late')
  const { id } = await making
  await unprovision(tenancy(), id, await placementOf(tenancy(), id))
  await platform().delete(tenants).where(eq(tenants.id, id))
})

it('a locked table delays only its target, delays readers for at most the lock timeout, and the error names the session', async () => {
  const { slug, schema } = tenant(4)
  const histories = await history.add(addColumn('ripe_at'))
  await withOpenTransaction(`select from ${schema}.notes`, async () => {
    let running = true
    const waits: number[] = []
    const reader = withConnection(adminUrl, async (client) => {
      while (running) {
        const started = performance.now()
        await client.query(`select from ${schema}.notes`)
        waits.push(performance.now() - started)
        await sleep(5)
      }
    })
    const result = await runFleet(tenancy(), { histories, lockTimeoutMs: 200, tries: 3 })
    running = false
    await reader
    expect(result).toMatchObject({
      state: 'failed',
      left: 1,
      failed: [
        {
          target: slug,
          migration: '9002_test',
          code: '55P03',
          statement: expect.stringContaining('alter table notes'),
        },
      ],
    })
    expect(result.failed[0]?.message).toMatch(
      /lock timeout; its tables are in use by .*long report \(login postgres, process \d+\)/,
    )
    expect(result.done).toHaveLength(10)
    expect(Math.max(...waits)).toBeGreaterThan(100)
    expect(Math.max(...waits)).toBeLessThan(1000)
  })
  expect(await runFleet(tenancy(), { histories })).toMatchObject({ state: 'done', done: [slug] })
})

it('a lock that is released in time merely delays the target', async () => {
  const { schema } = tenant(5)
  const histories = await history.add(addColumn('paid_at'))
  const other = new pg.Client({ connectionString: adminUrl })
  await other.connect()
  await other.query(`begin; select from ${schema}.notes`)
  const waited: string[] = []
  const onProgress = ({ waiting }: { waiting: string | null }) => {
    if (waiting !== null && waited.push(waiting) === 2) void other.end()
  }
  expect(await runFleet(tenancy(), { histories, lockTimeoutMs: 100, onProgress })).toMatchObject({
    state: 'done',
    failed: [],
  })
  expect(waited.slice(0, 2)).toEqual([
    expect.stringMatching(/^fleet-0006: .*lock timeout/),
    expect.stringMatching(/^fleet-0006: /),
  ])
})

it('twenty runners at once migrate each target once', async () => {
  const histories = await history.add(addColumn('sent_at'))
  const results = await Promise.all(
    Array.from({ length: 20 }, () => runFleet(tenancy(), { histories, concurrency: 1, tries: 10 })),
  )
  expect(results.map(({ state, left }) => [state, left])).toEqual(results.map(() => ['done', 0]))
  const rows = await query<{ times: number }>(
    `select count(*)::int as times from tenancy.applied_migrations where migration = '9004_test'`,
  )
  expect(rows).toEqual([{ times: 11 }])
  expect((await verifyFleet(tenancy(), histories)).drift).toEqual([])
})

it('a target that a move has locked is not changed, and the error names the move', async () => {
  const { slug, schema } = tenant(7)
  const histories = await history.add(addColumn('read_at'))
  // takes the same lock as a move
  await withOpenTransaction(
    `set application_name = 'rowhouse move'; select pg_advisory_lock_shared(tenancy.target_key('${schema}'))`,
    async () => {
      const { failed, done } = await runFleet(tenancy(), { histories, tries: 2 })
      expect(failed).toMatchObject([
        {
          target: slug,
          message: expect.stringMatching(/^locked by rowhouse move \(process \d+\)$/),
        },
      ])
      expect(done).toHaveLength(10)
    },
  )
  expect(await runFleet(tenancy(), { histories })).toMatchObject({ state: 'done', done: [slug] })
})

it('no version lock is granted during a migration', async () => {
  await withOpenTransaction(
    `set application_name = 'a migration'; select tenancy.lock_target('shared')`,
    async () => {
      await expect(
        withVersionLock(
          tenancy(),
          'creating a tenant',
          async () => expect.fail('the work ran'),
          200,
        ),
      ).rejects.toThrow(/^shared is being migrated by a migration \(process \d+\)/)
    },
  )
})

it('a file without a transaction can be applied again after it left an invalid index', async () => {
  const { schema } = tenant(2)
  const text =
    '-- no transaction\ncreate index concurrently if not exists notes_body on notes (tenant_id, body)'
  const histories = await history.add(text)
  await withOpenTransaction(`lock table ${schema}.notes in row exclusive mode`, async () => {
    // an interrupted build: it waits for the transaction above and is cancelled
    await expect(
      withConnection(adminUrl, (client) =>
        client
          .query(`set statement_timeout = 300`)
          .then(() =>
            client.query(
              `create index concurrently notes_body on ${schema}.notes (tenant_id, body)`,
            ),
          ),
      ),
    ).rejects.toThrow('statement timeout')
  })
  const invalid = `select from pg_index as i join pg_class as c on c.oid = i.indexrelid where c.relname = 'notes_body' and not i.indisvalid`
  expect(await query(invalid)).toHaveLength(1)
  expect(await runFleet(tenancy(), { histories })).toMatchObject({
    state: 'done',
    targets: 11,
    left: 0,
  })
  expect(await query(invalid)).toEqual([])
  expect((await verifyFleet(tenancy(), histories)).drift).toEqual([])
})
