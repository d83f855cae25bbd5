import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asOwner, mainDatabase } from '#tenancy/migrations/connections'
import { verifyFleet, type Drift } from '#tenancy/migrations/verify'
import { createTenant } from '#tenancy/placements/create-tenant'
import { unprovision } from '#tenancy/placements/provision'
import { closePools } from '#tenancy/registry/pools'
import { placementOf, readPlacements, type Placement } from '#tenancy/registry/placements'
import { tenancy } from '#tenancy/testing/fixture/tenancy'
import { person } from '#tenancy/testing/fixture/test-tenants'

// Drift of the engine's own schema, in the main database and in a dedicated one.

type Where = 'tenancy' | 'tenancy of alpha'
type DriftCase = [
  what: string,
  where: Where,
  change: string,
  object: string,
  expected: RegExp | null,
  found: RegExp | null,
]
const driftCases: DriftCase[] = [
  [
    'a dropped column',
    'tenancy',
    'alter table tenancy.check_runs drop column violations',
    'column check_runs.violations',
    /^jsonb not null$/,
    null,
  ],
  [
    'a changed function',
    'tenancy',
    `create or replace function tenancy.register_home(p_tenant uuid) returns void language sql volatile security definer set search_path = pg_catalog, pg_temp as 'select'`,
    'function register_home(p_tenant uuid)',
    /insert into tenant_homes/,
    /AS \$function\$select\$function\$/,
  ],
  [
    'an extra privilege',
    'tenancy',
    'grant select on tenancy.retention_rules to rowhouse_tenant',
    'rights of rowhouse_tenant on retention_rules',
    null,
    /^SELECT$/,
  ],
  [
    'a dropped index',
    'tenancy',
    'drop index tenancy.moves_tenant',
    'index moves_tenant',
    /requested_at/,
    null,
  ],
  [
    'a dropped column',
    'tenancy of alpha',
    'alter table tenancy.service_entries drop column reason',
    'column service_entries.reason',
    /^text not null$/,
    null,
  ],
  [
    'a changed function',
    'tenancy of alpha',
    `create or replace function tenancy.lock_key(p_tenant uuid) returns bigint language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as 'select 1'`,
    'function lock_key(p_tenant uuid)',
    /hashtextextended/,
    /select 1/,
  ],
  [
    'a table of the main database',
    'tenancy of alpha',
    'create table tenancy.tenants (id uuid)',
    'table tenants',
    null,
    /row level security off/,
  ],
]

let alpha: Placement
const inEngine = (where: Where, work: (client: pg.Client) => Promise<unknown>) =>
  asOwner(tenancy(), where === 'tenancy' ? mainDatabase : alpha, where, work)

beforeAll(async () => {
  const ownerId = await person('Owner')
  for (const slug of ['alpha', 'beta']) {
    const { id } = await createTenant(tenancy(), { slug, name: slug, ownerId, tier: 'enterprise' })
    if (slug === 'alpha') alpha = await placementOf(tenancy(), id)
  }
}, 60_000)

afterAll(async () => {
  for (const home of await readPlacements(tenancy()))
    await unprovision(tenancy(), home.tenantId, home)
  await closePools(tenancy())
})

it('an engine created from its files has no drift', async () => {
  expect((await verifyFleet(tenancy())).drift).toEqual([])
})

describe("drift in the engine's own schema is found and reported", () => {
  let drift: Drift[]
  beforeAll(async () => {
    for (const [, where, change] of driftCases)
      await inEngine(where, (client) => client.query(change))
    drift = (await verifyFleet(tenancy())).drift
  })

  it.each(driftCases)('%s in %s', (_what, where, _change, object, expected, found) => {
    const named = drift.filter((each) => each.target === where && each.object === object)
    expect(named.map((each) => [each.expected ?? 'nothing', each.found ?? 'nothing'])).toEqual([
      [expect.stringMatching(expected ?? /^nothing$/), expect.stringMatching(found ?? /^nothing$/)],
    ])
  })

  it('and nowhere else', () => {
    expect([...new Set(drift.map(({ target }) => target))].sort()).toEqual([
      'tenancy',
      'tenancy of alpha',
    ])
  })
})
