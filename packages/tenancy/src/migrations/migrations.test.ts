import { describe, expect, it } from 'vitest'
import { bringUpToDate } from '#tenancy/migrations/apply'
import { asOwner, mainDatabase } from '#tenancy/migrations/connections'
import { lintMigrations } from '#tenancy/migrations/lint'
import { runFleet } from '#tenancy/migrations/run-migrations'
import { verifyFleet } from '#tenancy/migrations/verify'
import { tenancy } from '#tenancy/testing/fixture/tenancy'
import { addColumn, withMore } from '#tenancy/testing/migrations/histories'
import { makeFleet, type FleetTenant } from '#tenancy/testing/migrations/make-fleet'
import { fillTenant, nth, query } from '#tenancy/testing/migrations/tenant-rows'

// A history whose later files are one of each kind.
const histories = await withMore(
  tenancy(),
  addColumn('read_at'),
  `create table labels (tenant_id uuid not null, id uuid not null, note_id uuid, constraint labels_pkey primary key (tenant_id, id));--> statement-breakpoint
   create index labels_note_id on labels (tenant_id, note_id);--> statement-breakpoint
   alter table labels add constraint labels_note foreign key (tenant_id, note_id) references notes (tenant_id, id) not valid;--> statement-breakpoint
   select tenancy.validate(current_schema(), 'labels', 'labels_note');--> statement-breakpoint
   select tenancy.protect(current_schema(), 'labels')`,
  '-- no transaction\ncreate index concurrently if not exists notes_body on notes (tenant_id, body)',
  'alter table notes drop column read_at',
)
const files = [...histories.tenant.keys()]

it.each(['platform', 'tenant'] as const)(
  'the files of the %s history follow the lint rules',
  async (plane) => {
    expect(await lintMigrations(histories[plane])).toEqual([])
  },
)

it('the shared schema and the platform match their histories', async () => {
  expect((await verifyFleet(tenancy())).drift).toEqual([])
})

// For each file, a tenant is created at its version and migrated to the end, with and without rows.
describe.each([
  ['an empty', 'empty'],
  ['a filled', 'filled'],
] as const)('on %s fleet', (_, fleet) => {
  it.each(files.map((at) => [histories.tenant[at]?.tag, at] as const))(
    'a tenant at %s is migrated to the end',
    async (_tag, at) => {
      const tenant = nth(
        await makeFleet(tenancy(), process.env.DATABASE_URL ?? '', 1, {
          history: histories.tenant.slice(0, at + 1),
          name: `${fleet}-${at}`,
        }),
        0,
      )
      if (fleet === 'filled') await fillTenant(tenant.id)
      for (const next of files.slice(at + 1))
        await asOwner(tenancy(), mainDatabase, tenant.slug, (client) =>
          bringUpToDate(client, tenant.schema, histories.tenant.slice(0, next + 1)),
        )
      expect((await runFleet(tenancy(), { histories })).left).toBe(0)
      expect((await verifyFleet(tenancy(), histories)).drift).toEqual([])
      expect(await rowsOf(tenant)).toBe(fleet === 'empty' ? 0 : 6)
    },
  )
})

const rowsOf = async ({ schema }: FleetTenant) =>
  (await query<{ rows: number }>(`select count(*)::int as rows from ${schema}.notes`))[0]?.rows
