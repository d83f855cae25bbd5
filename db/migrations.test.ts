import { describe, expect, it } from 'vitest'
import { withConnection } from '@rowhouse/tenancy/admin'
import { lintMigrations, readHistories, runFleet, verifyFleet } from '@rowhouse/tenancy/migrations'
import { makeFleet, type FleetTenant } from '@rowhouse/tenancy/testing'
import { addRows } from '#db/testing/tenant-rows'
import { tenancy } from '#db/tenancy'

const adminUrl = process.env.DATABASE_URL ?? ''
const histories = await readHistories(tenancy())
const files = [...histories.tenant.keys()]

it.each(['platform', 'tenant'] as const)('the %s migrations pass the linter', async (plane) => {
  expect(await lintMigrations(histories[plane])).toEqual([])
})

it('the shared schema and the platform match their migrations', async () => {
  expect((await verifyFleet(tenancy())).drift).toEqual([])
})

// For each migration, creates a tenant at that version and migrates it to the newest: once with empty
// tables, once with rows in every table.
describe.each(['empty', 'filled'] as const)('a tenant with %s tables', (fleet) => {
  it.each(files.map((at) => [histories.tenant[at]?.tag, at] as const))(
    'migrates from %s to the newest version',
    async (_tag, at) => {
      const [tenant] = await makeFleet(tenancy(), adminUrl, 1, {
        history: histories.tenant.slice(0, at + 1),
        name: `${fleet}-${at}`,
      })
      if (!tenant) throw new Error('no tenant was created')
      if (fleet === 'filled') await fill(tenant, at)
      for (const { tag } of histories.tenant.slice(at + 1)) {
        expect(await runFleet(tenancy(), { to: tag })).toMatchObject({ state: 'done', left: 0 })
        if (fleet === 'filled') await addRows(tenant.id, tag)
      }
      expect((await runFleet(tenancy())).left).toBe(0)
      expect((await verifyFleet(tenancy())).drift).toEqual([])
      // a migration that creates a table needs rows for it in db/testing/rows/TAG.sql
      const empty = await emptyTables(tenant)
      const wrong = fleet === 'empty' ? ['orders'].filter((name) => !empty.includes(name)) : empty
      expect(wrong).toEqual([])
    },
  )
})

async function fill(tenant: FleetTenant, upTo: number): Promise<void> {
  for (const { tag } of histories.tenant.slice(0, upTo + 1)) await addRows(tenant.id, tag)
}

const emptyTables = ({ schema }: FleetTenant): Promise<string[]> =>
  withConnection(adminUrl, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = $1::regnamespace and relkind in ('r', 'p') order by 1`,
      [schema],
    )
    const empty: string[] = []
    for (const { name } of tables) {
      const { rows } = await client.query(`select from ${schema}."${name}" limit 1`)
      if (rows.length === 0) empty.push(name)
    }
    return empty
  })
