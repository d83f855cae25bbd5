import { describe, expect, it } from 'vitest'
import { withConnection } from '@rowhouse/tenancy/admin'
import { lintMigrations, readHistories, runFleet, verifyFleet } from '@rowhouse/tenancy/migrations'
import { makeFleet, type FleetTenant } from '@rowhouse/tenancy/testing'
import { addRows } from '#db/testing/tenant-rows'
import { tenancy } from '#db/tenancy'

// The files of drizzle/.

const adminUrl = process.env.DATABASE_URL ?? ''
const histories = await readHistories(tenancy())
const files = [...histories.tenant.keys()]

it.each(['platform', 'tenant'] as const)(
  'the files of the %s history keep the rules',
  async (plane) => {
    expect(await lintMigrations(histories[plane])).toEqual([])
  },
)

it('the shared schema and the platform are what the histories make', async () => {
  expect((await verifyFleet(tenancy())).drift).toEqual([])
})

// A tenant per file is built up to it, and then goes on to the end: once with empty tables, once
// with rows in every table.
describe.each([
  ['an empty', 'empty'],
  ['a filled', 'filled'],
] as const)('on %s fleet', (_, fleet) => {
  it.each(files.map((at) => [histories.tenant[at]?.tag, at] as const))(
    'everything from %s on goes in',
    async (_tag, at) => {
      const [tenant] = await makeFleet(tenancy(), adminUrl, 1, {
        history: histories.tenant.slice(0, at + 1),
        name: `${fleet}-${at}`,
      })
      if (!tenant) throw new Error('no tenant was made')
      if (fleet === 'filled') await fill(tenant, at)
      for (const { tag } of histories.tenant.slice(at + 1)) {
        expect(await runFleet(tenancy(), { to: tag })).toMatchObject({ state: 'done', left: 0 })
        if (fleet === 'filled') await addRows(tenant.id, tag)
      }
      expect((await runFleet(tenancy())).left).toBe(0)
      expect((await verifyFleet(tenancy())).drift).toEqual([])
      // a table that a migration makes needs rows in db/testing/rows/TAG.sql, named like the
      // migration
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
