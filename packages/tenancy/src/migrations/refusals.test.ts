import { cp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { historyFolder, readHistory } from '#tenancy/migrations/history'
import { planMigrations } from '#tenancy/migrations/plan'
import { runFleet } from '#tenancy/migrations/run-migrations'
import { readStatus } from '#tenancy/migrations/status'
import { addColumn, withMore } from '#tenancy/testing/migrations/histories'
import { makeFleet } from '#tenancy/testing/migrations/make-fleet'
import { query } from '#tenancy/testing/migrations/tenant-rows'
import { newId, privateName } from '#tenancy/base/ids'
import { createTenant } from '#tenancy/placements/create-tenant'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

beforeAll(async () => {
  await makeFleet(tenancy(), process.env.DATABASE_URL ?? '', 3)
  await runFleet(tenancy(), {
    histories: await withMore(tenancy(), addColumn('ripe_at'), addColumn('paid_at')),
  })
})

it('a file changed after it was applied is refused by name, before anything is changed', async () => {
  const histories = await withMore(
    tenancy(),
    addColumn('due_on'),
    addColumn('paid_at'),
    addColumn('sent_at'),
  )
  await expect(runFleet(tenancy(), { histories })).rejects.toThrow(
    /migration 9001_test was changed after it was applied to fleet-0001, fleet-0002, fleet-0003 and 1 more: applied \w{12}, file \w{12}; restore the file/,
  )
  await expect(planMigrations(tenancy(), { histories })).rejects.toThrow(
    'migration 9001_test was changed',
  )
  expect(
    await query(`select from tenancy.applied_migrations where migration = '9003_test'`),
  ).toEqual([])
  const { targets } = await readStatus(tenancy(), { histories })
  expect(targets.filter(({ state }) => state === 'changed')).toHaveLength(4)
})

it('a build that is older than the fleet is refused', async () => {
  const histories = await withMore(tenancy(), addColumn('ripe_at'))
  await expect(runFleet(tenancy(), { histories })).rejects.toThrow(
    'fleet-0001 is at 9002_test but this build knows up to 9001_test; use a build with 9002_test or later',
  )
  // it must not create tenants during a run either
  const id = newId()
  await expect(
    createTenant(tenancy(), { id, slug: 'late', name: 'Late', ownerId: newId(), tier: 'business' }),
  ).rejects.toThrow('shared is at 9002_test but this build knows up to')
  // other test files create roles on this server too
  expect(await query(`select from pg_roles where rolname = '${privateName(id)}'`)).toEqual([])
})

it('an earlier file that no longer exists is reported by name', async () => {
  const histories = await withMore(
    tenancy(),
    addColumn('ripe_at'),
    addColumn('paid_at'),
    'select 1',
  )
  await expect(
    runFleet(tenancy(), {
      histories: {
        ...histories,
        tenant: histories.tenant.filter(({ tag }) => tag !== '9002_test'),
      },
    }),
  ).rejects.toThrow(
    'migration 9002_test is missing: fleet-0001 has it, and this build has later migrations but not this one',
  )
})

it('a missing file of the journal is reported by name', async () => {
  const folder = join(tmpdir(), `rowhouse-history-${process.pid}`)
  await cp(historyFolder(tenancy(), 'tenant'), folder, { recursive: true })
  const [first] = await readHistory('tenant', folder)
  await rm(join(folder, `${first?.tag}.sql`))
  await expect(readHistory('tenant', folder)).rejects.toThrow(
    `migration ${first?.tag} is missing: its file ${join(folder, `${first?.tag}.sql`)} does not exist`,
  )
  await rm(folder, { recursive: true })
})

it('line endings do not change the hash of a file', async () => {
  const [unix, windows] = await Promise.all([
    withMore(tenancy(), 'select 1\n;'),
    withMore(tenancy(), 'select 1\r\n;'),
  ])
  expect(windows.tenant.at(-1)?.sha256).toBe(unix.tenant.at(-1)?.sha256)
})
