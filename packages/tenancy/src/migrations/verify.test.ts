import { beforeAll, describe, expect, it } from 'vitest'
import { makeFleet, type FleetTenant } from '#db/fleet/testing/make-fleet'
import { nth, query } from '#db/fleet/testing/tenant-rows'
import { verifyFleet, type Drift } from '#db/fleet/verify'

let fleet: FleetTenant[]
beforeAll(async () => {
  fleet = await makeFleet(process.env.DATABASE_URL ?? '', 8)
})

it('a fleet as its migrations made it is clean', async () => {
  expect(await verifyFleet()).toMatchObject({ targets: 10, drift: [] })
})

type Plant = [
  what: string,
  plant: string,
  object: RegExp,
  expected: RegExp | null,
  found: RegExp | null,
]
const plants: Plant[] = [
  [
    'a dropped policy',
    'drop policy tenant_only on S.orders',
    /^policy tenant_only on orders$/,
    /^restrictive/,
    null,
  ],
  [
    'another policy',
    'create policy more on S.orders using (true)',
    /^policy more on orders$/,
    null,
    /using \(true\)/,
  ],
  [
    'a policy that lets more through',
    'alter policy tenant on S.orders using (true)',
    /^policy tenant on orders$/,
    /tenancy\.tenant/,
    /using \(true\)/,
  ],
  [
    'a disabled force',
    'alter table S.orders no force row level security',
    /^table orders$/,
    /, forced/,
    /not forced/,
  ],
  [
    'row level security off',
    'alter table S.products disable row level security',
    /^table products$/,
    /security on/,
    /security off/,
  ],
  [
    'an extra column',
    'alter table S.customers add column extra int',
    /^column customers\.extra$/,
    null,
    /integer/,
  ],
  [
    'a changed default',
    'alter table S.products alter version set default 2',
    /^column products\.version$/,
    /default 1/,
    /default 2/,
  ],
  [
    'another type',
    'alter table S.order_lines alter position type bigint',
    /^column order_lines\.position$/,
    /integer/,
    /bigint/,
  ],
  [
    'a column that may be null',
    'alter table S.products alter sku drop not null',
    /^column products\.sku$/,
    /not null/,
    /^text$/,
  ],
  [
    'a missing grant',
    'revoke update on S.activity from S',
    /^rights of t_\w+ on activity$/,
    /UPDATE/,
    /^DELETE, INSERT, SELECT$/,
  ],
  [
    'a grant to a stranger',
    'grant select on S.activity to rowhouse_platform',
    /^rights of rowhouse_platform on activity$/,
    null,
    /SELECT/,
  ],
  [
    'a right on one column',
    'grant update (note) on S.orders to public',
    /^rights of public on orders\.note$/,
    null,
    /UPDATE/,
  ],
  ['a dropped index', 'drop index S.orders_placed', /^index orders_placed$/, /USING btree/, null],
  [
    'a constraint that is not validated',
    'alter table S.orders drop constraint orders_note, add constraint orders_note check (length(note) <= 2000) not valid',
    /^constraint orders_note on orders$/,
    /CHECK/,
    /NOT VALID/,
  ],
  [
    'another owner',
    'alter table S.counters owner to rowhouse_worker',
    /^table counters$/,
    /owner rowhouse_owner/,
    /owner rowhouse_worker/,
  ],
  [
    'a trigger',
    'create trigger spy after insert on S.customers for each row execute function suppress_redundant_updates_trigger()',
    /^trigger spy on customers$/,
    null,
    /AFTER INSERT/,
  ],
  [
    'a disabled trigger',
    'alter table S.customers disable trigger user',
    /^trigger (?!spy)\w+ on customers$/,
    /CREATE TRIGGER/,
    /enabled D/,
  ],
  [
    "a table that is no migration's",
    'create table S.more (id int)',
    /^table more$/,
    null,
    /row level security off/,
  ],
  [
    'a function',
    `create function S.peek() returns int language sql as 'select 1'`,
    /^function peek\(\)$/,
    null,
    /select 1/,
  ],
  [
    'a view',
    'create view S.all_orders as select * from S.orders',
    /^view all_orders$/,
    null,
    /SELECT/,
  ],
  [
    'a function of ours that was changed',
    `create or replace function tenancy.target_key(p_schema text) returns bigint language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as 'select 1'`,
    /^function target_key/,
    /hashtextextended/,
    /select 1/,
  ],
  [
    'a grant in the platform',
    'grant select on platform.sessions to rowhouse_tenant',
    /^rights of rowhouse_tenant on sessions$/,
    null,
    /SELECT/,
  ],
]

describe('drift planted in one of the targets is found and named', () => {
  let drift: Drift[]
  let slug: string
  beforeAll(async () => {
    const planted = nth(fleet, 5)
    slug = planted.slug
    for (const [, plant] of plants) await query(plant.replaceAll(/\bS\b/g, planted.schema))
    drift = (await verifyFleet()).drift
  })

  it.each(plants)('%s', (_what, plant, object, expected, found) => {
    const target = plant.includes('tenancy.target_key')
      ? 'tenancy'
      : plant.includes('platform.sessions')
        ? 'platform'
        : slug
    const named = drift.filter((each) => each.target === target && object.test(each.object))
    expect(named.map((each) => [each.expected ?? 'nothing', each.found ?? 'nothing'])).toEqual([
      [expect.stringMatching(expected ?? /^nothing$/), expect.stringMatching(found ?? /^nothing$/)],
    ])
  })

  it('and in no other', () => {
    expect([...new Set(drift.map(({ target }) => target))].sort()).toEqual(
      [slug, 'platform', 'tenancy'].sort(),
    )
  })
})

it('a schema that is gone is named', async () => {
  const { slug, schema } = nth(fleet, 6)
  await query(`drop schema ${schema} cascade`)
  expect((await verifyFleet()).drift).toContainEqual({
    target: slug,
    object: 'schema',
    expected: 'there',
    found: null,
  })
})
