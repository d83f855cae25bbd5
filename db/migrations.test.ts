import { describe, expect, it } from 'vitest'
import { bringUpToDate } from '#db/fleet/apply'
import { asOwner, mainPlace } from '#db/fleet/connections'
import { readHistories } from '#db/fleet/history'
import { lint } from '#db/fleet/lint'
import { runFleet } from '#db/fleet/run'
import { makeFleet, type FleetTenant } from '#db/fleet/testing/make-fleet'
import { addRows, query } from '#db/fleet/testing/tenant-rows'
import { verifyFleet } from '#db/fleet/verify'

const histories = await readHistories()
const files = [...histories.tenant.keys()]

it.each(['platform', 'tenant'] as const)('the files of the %s history keep the rules', (plane) => {
  expect(lint(histories[plane])).toEqual([])
})

it('the shared schema and the platform are what the histories make', async () => {
  expect((await verifyFleet()).drift).toEqual([])
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
      const [tenant] = await makeFleet(process.env.DATABASE_URL ?? '', 1, {
        history: histories.tenant.slice(0, at + 1),
        name: `${fleet}-${at}`,
      })
      if (!tenant) throw new Error('no tenant was made')
      if (fleet === 'filled') await fill(tenant, at)
      for (const next of histories.tenant.slice(at + 1)) {
        await asOwner(mainPlace, tenant.slug, (client) =>
          bringUpToDate(client, tenant.schema, histories.tenant.slice(0, next.index + 1)),
        )
        if (fleet === 'filled') await addRows(tenant.id, next.tag)
      }
      expect((await runFleet()).left).toBe(0)
      expect((await verifyFleet()).drift).toEqual([])
      // a table that a migration makes needs rows in db/fleet/testing/rows/TAG.sql, named like the
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

async function emptyTables({ schema }: FleetTenant): Promise<string[]> {
  const tables = await query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = $1::regnamespace and relkind in ('r', 'p') order by 1`,
    [schema],
  )
  const counts = await Promise.all(
    tables.map(({ name }) =>
      query<{ rows: string }>(`select count(*) as rows from ${schema}."${name}"`),
    ),
  )
  return tables.filter((_table, i) => counts[i]?.[0]?.rows === '0').map(({ name }) => name)
}
