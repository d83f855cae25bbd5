import { cp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { historyFolder, readHistory } from '#db/fleet/history'
import { plan } from '#db/fleet/plan'
import { runFleet } from '#db/fleet/run'
import { readStatus } from '#db/fleet/status'
import { addColumn, withMore } from '#db/fleet/testing/histories'
import { makeFleet } from '#db/fleet/testing/make-fleet'
import { query } from '#db/fleet/testing/tenant-rows'
import { newId, privateName } from '#db/id'
import { createTenant } from '#db/placements/create'

beforeAll(async () => {
  await makeFleet(process.env.DATABASE_URL ?? '', 3)
  await runFleet({ histories: await withMore(addColumn('ripe_at'), addColumn('paid_at')) })
})

it('a file changed after it was applied is refused by name, before anything is touched', async () => {
  const histories = await withMore(addColumn('due_on'), addColumn('paid_at'), addColumn('sent_at'))
  await expect(runFleet({ histories })).rejects.toThrow(
    /migration 9001_test was changed after fleet-0001, fleet-0002, fleet-0003 and 1 more got it: applied \w{12}, file \w{12}; restore the file/,
  )
  await expect(plan({ histories })).rejects.toThrow('migration 9001_test was changed')
  expect(await query(`select from tenancy.applied where migration = '9003_test'`)).toEqual([])
  const { targets } = await readStatus({ histories })
  expect(targets.filter(({ state }) => state === 'changed')).toHaveLength(4)
})

it('a build that is older than the fleet is refused', async () => {
  const histories = await withMore(addColumn('ripe_at'))
  await expect(runFleet({ histories })).rejects.toThrow(
    'fleet-0001 is at 9002_test but this build knows up to 9001_test; use a build with 9002_test or later',
  )
  // nor may it make tenants behind the back of a run
  const id = newId()
  await expect(
    createTenant({ id, slug: 'late', name: 'Late', ownerId: newId(), tier: 'business' }),
  ).rejects.toThrow('shared is at 9002_test but this build knows up to')
  // other files make logins on this server too
  expect(await query(`select from pg_roles where rolname = '${privateName(id)}'`)).toEqual([])
})

it('a file that is gone from the middle is missed by name', async () => {
  const histories = await withMore(addColumn('ripe_at'), addColumn('paid_at'), 'select 1')
  await expect(
    runFleet({
      histories: {
        ...histories,
        tenant: histories.tenant.filter(({ tag }) => tag !== '9002_test'),
      },
    }),
  ).rejects.toThrow(
    'migration 9002_test is missing: fleet-0001 has it, and this build has later ones but not this one',
  )
})

it('a file that the journal lists and the folder has not is missed by name', async () => {
  const folder = join(tmpdir(), `rowhouse-history-${process.pid}`)
  await cp(historyFolder('tenant'), folder, { recursive: true })
  const [first] = await readHistory('tenant', folder)
  await rm(join(folder, `${first?.tag}.sql`))
  await expect(readHistory('tenant', folder)).rejects.toThrow(
    `migration ${first?.tag} is missing: its file ${join(folder, `${first?.tag}.sql`)} is not there`,
  )
  await rm(folder, { recursive: true })
})

it('line ends do not change what a file is', async () => {
  const [unix, windows] = await Promise.all([withMore('select 1\n;'), withMore('select 1\r\n;')])
  expect(windows.tenant.at(-1)?.sha256).toBe(unix.tenant.at(-1)?.sha256)
})
