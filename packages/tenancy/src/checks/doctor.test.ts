import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type pg from 'pg'
import { run as setUp } from '#db/cli/setup'
import { connected } from '#db/connect'
import { examineFleet, invariants } from '#db/doctor/doctor'
import { readiness } from '#db/doctor/health'
import { env } from '#db/env'
import { newId, privateName } from '#db/id'
import { buildWorld, leaveWorld, type World } from '#db/isolation/testing/world'
import { closePools } from '#db/pools'

let world: World
beforeAll(async () => void (world = await buildWorld(['shared', 'schema', 'database'], 1)))
afterAll(async () => {
  await leaveWorld(world)
  await closePools()
})

const asAdmin = (work: (client: pg.Client) => Promise<unknown>) =>
  connected(env().DATABASE_URL ?? '', work)
/** A statement as the administrator, in the main database or in the tenant's own. */
const run = (text: string) => asAdmin((client) => client.query(text))
const place = (kind: 'schema' | 'database') => privateName(world[kind][0].id)
const lost = newId()
const objects = async (check: string) =>
  (await examineFleet()).findings
    .filter((finding) => finding.check === check)
    .map(({ object }) => object)

/** Each: which check must find it, how it is planted, how it is mended, and what must be named. */
const faults: [
  check: string,
  name: string,
  plant: () => string,
  mend: () => string,
  object: () => string,
][] = [
  [
    'rls-not-forced',
    'a table without force',
    () => 'alter table shared.orders no force row level security',
    () => 'alter table shared.orders force row level security',
    () => 'shared.orders',
  ],
  [
    'rls-not-forced',
    'a private table without row-level security',
    () => `alter table ${place('schema')}.orders disable row level security`,
    () => `alter table ${place('schema')}.orders enable row level security`,
    () => `${place('schema')}.orders`,
  ],
  [
    'policies',
    'a dropped policy',
    () => 'drop policy tenant_only on shared.customers',
    () => `set search_path = shared; select tenancy.protect('shared', 'customers')`,
    () => 'shared.customers',
  ],
  [
    'policies',
    'an open with check',
    () => 'alter policy tenant on shared.products with check (true)',
    () => `select tenancy.protect('shared', 'products')`,
    () => 'shared.products',
  ],
  [
    'policies',
    'one permissive policy more',
    () => 'create policy open on shared.products using (true)',
    () => 'drop policy open on shared.products',
    () => 'shared.products',
  ],
  [
    'tenant-column',
    'a tenant column that may be null',
    () =>
      'create table shared.loose (id uuid primary key, tenant_id uuid); alter table shared.loose owner to rowhouse_owner',
    () => 'drop table shared.loose',
    () => 'shared.loose',
  ],
  [
    'keys',
    'a unique index without the tenant',
    () => 'create unique index loose on shared.orders (id)',
    () => 'drop index shared.loose',
    () => 'shared.loose',
  ],
  [
    'foreign-keys',
    'a foreign key into another schema',
    () =>
      `alter table shared.orders add constraint loose foreign key (tenant_id, customer_id) references ${place('schema')}.customers (tenant_id, id) not valid`,
    () => 'alter table shared.orders drop constraint loose',
    () => 'shared.orders',
  ],
  [
    'grants',
    'truncate for the tenant login',
    () => 'grant truncate on shared.orders to rowhouse_tenant',
    () => 'revoke truncate on shared.orders from rowhouse_tenant',
    () => 'shared.orders',
  ],
  [
    'grants',
    'a neighbour who may read',
    () => `grant select on ${place('schema')}.orders to rowhouse_tenant`,
    () => `revoke select on ${place('schema')}.orders from rowhouse_tenant`,
    () => `${place('schema')}.orders`,
  ],
  [
    'grants',
    'a grant that is missing',
    () => 'revoke delete on shared.orders from rowhouse_worker',
    () => 'grant delete on shared.orders to rowhouse_worker',
    () => 'shared.orders',
  ],
  [
    'schemas',
    'a schema open to everybody',
    () => 'grant usage on schema platform to public',
    () => 'revoke usage on schema platform from public',
    () => 'platform',
  ],
  [
    'schemas',
    'a table in public',
    () => 'create table public.loose ()',
    () => 'drop table public.loose',
    () => 'public.loose',
  ],
  [
    'schemas',
    'a table of another owner',
    () => 'alter table shared.activity owner to rowhouse_worker',
    () =>
      'alter table shared.activity owner to rowhouse_owner; grant select, insert, update, delete on shared.activity to rowhouse_worker',
    () => 'shared.activity',
  ],
  [
    'logins',
    'bypassrls',
    () => `alter role ${place('schema')} bypassrls`,
    () => `alter role ${place('schema')} nobypassrls`,
    () => place('schema'),
  ],
  [
    'logins',
    'a membership',
    () => `grant rowhouse_owner to ${place('schema')}`,
    () => `revoke rowhouse_owner from ${place('schema')}`,
    () => place('schema'),
  ],
  [
    'login-settings',
    'a login that starts in another schema',
    () => `alter role ${place('schema')} set search_path = shared`,
    () => `alter role ${place('schema')} reset search_path`,
    () => place('schema'),
  ],
  [
    'functions',
    'a function without a fixed search_path',
    () => 'create function tenancy.loose() returns int language sql as $$ select 1 $$',
    () => 'drop function tenancy.loose()',
    () => 'tenancy.loose()',
  ],
  [
    'functions',
    'a powerful function for everybody',
    () => 'grant execute on function tenancy.mac(text) to public',
    () => 'revoke execute on function tenancy.mac(text) from public',
    () => 'tenancy.mac(text)',
  ],
  [
    'tenancy-tables',
    'a readable key',
    () => 'grant select on tenancy.key to public',
    () => 'revoke select on tenancy.key from public',
    () => 'tenancy.key',
  ],
  [
    'views',
    "a view with its owner's rights",
    () => 'create view shared.loose as select * from shared.orders',
    () => 'drop view shared.loose',
    () => 'shared.loose',
  ],
  [
    'public-rights',
    'set_config for everybody',
    () => 'grant execute on function pg_catalog.set_config(text, text, boolean) to public',
    () => 'revoke execute on function pg_catalog.set_config(text, text, boolean) from public',
    () => 'set_config(text,text,boolean)',
  ],
  [
    'residents',
    'a resident without its schema',
    () =>
      `insert into tenancy.residents (tenant_id, schema_name, login) values ('${lost}', '${privateName(lost)}', '${privateName(lost)}')`,
    () => `delete from tenancy.residents where tenant_id = '${lost}'`,
    () => lost,
  ],
  [
    'registry',
    'a registry that says another epoch',
    () => `update platform.placements set epoch = 9 where tenant_id = '${world.schema[0].id}'`,
    () => `update platform.placements set epoch = 1 where tenant_id = '${world.schema[0].id}'`,
    () => world.schema[0].id,
  ],
]

test('a healthy fleet has no findings, and each database was looked at', async () => {
  const report = await examineFleet()
  expect(report.findings).toEqual([])
  expect(report.targets.length).toBe(3)
})

describe.each(faults)('%s', (check, name, plant, mend, object) => {
  test(`${name} is found, named, and gone when mended`, async () => {
    expect(await objects(check)).toEqual([])
    await run(plant())
    try {
      expect(await objects(check)).toContain(object())
    } finally {
      await run(mend())
    }
    expect(await objects(check)).toEqual([])
  })
})

test('each invariant is planted here, except for those that take another build or server', async () => {
  const planted = new Set(faults.map(([check]) => check))
  expect((await invariants()).filter((name) => !planted.has(name))).toEqual([
    'build',
    'reachable',
    'version',
  ])
})

test('many who ask at once whether the app may serve are answered by one look', async () => {
  const asked = Array.from({ length: 20 }, () => readiness())
  expect(new Set(asked).size).toBe(1)
  expect(await asked[0]).toEqual({ ready: true, problems: [] })
  const again = readiness()
  expect(again).not.toBe(asked[0])
  expect(await again).toMatchObject({ ready: true })
})

test('a fault inside a tenant database is found there', async () => {
  const url = new URL(env().DATABASE_URL ?? '')
  url.pathname = `/${place('database')}`
  const there = (text: string) => connected(url.toString(), (client) => client.query(text))
  await there(`grant temporary on database ${place('database')} to public`)
  try {
    const { findings } = await examineFleet()
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'public-rights', target: place('database') }),
    )
  } finally {
    await there(`revoke temporary on database ${place('database')} from public`)
  }
})

test('functions that another build has left in a tenant database are named, and setup brings them up to date', async () => {
  const url = new URL(env().DATABASE_URL ?? '')
  url.pathname = `/${place('database')}`
  const old = `drop function tenancy.hand_over(uuid, uuid, uuid); update tenancy.applied set sha256 = 'of an older build' where migration = 'functions'`
  await connected(url.toString(), (client) => client.query(old))
  expect((await examineFleet()).findings.filter(({ check }) => check === 'build')).toMatchObject([
    { target: place('database'), object: 'functions of schema tenancy' },
  ])
  expect(await setUp({ values: {}, positionals: [] })).toMatchObject({
    json: { ready: true, missed: [] },
  })
  expect(await objects('build')).toEqual([])
  const there = await connected(url.toString(), (client) =>
    client.query(`select from pg_proc where proname = 'hand_over'`),
  )
  expect(there.rowCount).toBe(1)
})
