import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type pg from 'pg'
import { withConnection } from '#tenancy/base/connect'
import { checkFleet, invariants } from '#tenancy/checks/doctor'
import { readiness } from '#tenancy/checks/health'
import { newId, privateName } from '#tenancy/base/ids'
import {
  createTestTenants,
  removeTestTenants,
  type TestTenants,
} from '#tenancy/testing/fixture/test-tenants'
import { inspectDedicatedDatabases } from '#tenancy/migrations/dedicated-databases'
import { MainConnection } from '#tenancy/migrations/connections'
import { closePools } from '#tenancy/registry/pools'
import { setup } from '#tenancy/setup'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

let testTenants: TestTenants
beforeAll(
  async () => void (testTenants = await createTestTenants(['shared', 'schema', 'database'], 1)),
)
afterAll(async () => {
  await removeTestTenants(testTenants)
  await closePools(tenancy())
})

const asAdmin = (work: (client: pg.Client) => Promise<unknown>) =>
  withConnection(process.env.DATABASE_URL ?? '', work)
/** A statement as the administrator, in the main database. */
const run = (text: string) => asAdmin((client) => client.query(text))
/** The name of a tenant's role, and of its schema or database. */
const nameOf = (kind: 'schema' | 'database') => privateName(testTenants[kind][0].id)
const lost = newId()
const objects = async (check: string) =>
  (await checkFleet(tenancy())).findings
    .filter((finding) => finding.check === check)
    .map(({ object }) => object)

/** Violations: the check that finds it, SQL that causes it, SQL that repairs it, and its object. */
const cases: [
  check: string,
  name: string,
  breakIt: () => string,
  repair: () => string,
  object: () => string,
][] = [
  [
    'large-objects',
    'a large object of the shared login',
    () => 'select lo_create(4711); alter large object 4711 owner to rowhouse_tenant',
    () => 'select tenancy.remove_large_objects()',
    () => 'large objects of rowhouse_tenant',
  ],
  [
    'statistics',
    'a column of a shared table with a statistics target',
    () => 'alter table shared.notes alter column title set statistics 100',
    () => `select tenancy.omit_statistics('shared.notes')`,
    () => 'shared.notes.title',
  ],
  [
    'rls-not-forced',
    'a table without force',
    () => 'alter table shared.notes no force row level security',
    () => 'alter table shared.notes force row level security',
    () => 'shared.notes',
  ],
  [
    'rls-not-forced',
    'a private table without row-level security',
    () => `alter table ${nameOf('schema')}.notes disable row level security`,
    () => `alter table ${nameOf('schema')}.notes enable row level security`,
    () => `${nameOf('schema')}.notes`,
  ],
  [
    'policies',
    'a dropped policy',
    () => 'drop policy tenant_only on shared.notes',
    () => `set search_path = shared; select tenancy.protect('shared', 'notes')`,
    () => 'shared.notes',
  ],
  [
    'policies',
    'an open with check',
    () => 'alter policy tenant on shared.notes with check (true)',
    () => `select tenancy.protect('shared', 'notes')`,
    () => 'shared.notes',
  ],
  [
    'policies',
    'a second permissive policy',
    () => 'create policy open on shared.notes using (true)',
    () => 'drop policy open on shared.notes',
    () => 'shared.notes',
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
    () => 'create unique index loose on shared.notes (id)',
    () => 'drop index shared.loose',
    () => 'shared.loose',
  ],
  [
    'foreign-keys',
    'a foreign key into another schema',
    () =>
      `alter table shared.note_lines add constraint loose foreign key (tenant_id, note_id) references ${nameOf('schema')}.notes (tenant_id, id) not valid`,
    () => 'alter table shared.note_lines drop constraint loose',
    () => 'shared.note_lines',
  ],
  [
    'grants',
    'truncate for the tenant login',
    () => 'grant truncate on shared.notes to rowhouse_tenant',
    () => 'revoke truncate on shared.notes from rowhouse_tenant',
    () => 'shared.notes',
  ],
  [
    'grants',
    'another role that may read',
    () => `grant select on ${nameOf('schema')}.notes to rowhouse_tenant`,
    () => `revoke select on ${nameOf('schema')}.notes from rowhouse_tenant`,
    () => `${nameOf('schema')}.notes`,
  ],
  [
    'grants',
    'a grant that is missing',
    () => 'revoke delete on shared.notes from rowhouse_worker',
    () => 'grant delete on shared.notes to rowhouse_worker',
    () => 'shared.notes',
  ],
  [
    'schemas',
    'a schema with usage for public',
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
    () => 'alter table shared.note_lines owner to rowhouse_worker',
    () =>
      'alter table shared.note_lines owner to rowhouse_owner; grant select, insert, update, delete on shared.note_lines to rowhouse_worker',
    () => 'shared.note_lines',
  ],
  [
    'logins',
    'bypassrls',
    () => `alter role ${nameOf('schema')} bypassrls`,
    () => `alter role ${nameOf('schema')} nobypassrls`,
    () => nameOf('schema'),
  ],
  [
    'logins',
    'a membership',
    () => `grant rowhouse_owner to ${nameOf('schema')}`,
    () => `revoke rowhouse_owner from ${nameOf('schema')}`,
    () => nameOf('schema'),
  ],
  [
    'login-settings',
    'a login that starts in another schema',
    () => `alter role ${nameOf('schema')} set search_path = shared`,
    () => `alter role ${nameOf('schema')} reset search_path`,
    () => nameOf('schema'),
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
    'execute on a function of the owner for public',
    () => 'grant execute on function tenancy.hmac(text) to public',
    () => 'revoke execute on function tenancy.hmac(text) from public',
    () => 'tenancy.hmac(text)',
  ],
  [
    'functions',
    "another role that may call a function of the app's entries",
    () => 'grant execute on function tenancy.check_token(text, uuid) to rowhouse_worker',
    () => 'revoke execute on function tenancy.check_token(text, uuid) from rowhouse_worker',
    () => 'tenancy.check_token(text,uuid)',
  ],
  [
    'functions',
    'a function of the owner that no entry names',
    () =>
      `create function platform.loose() returns int language sql security definer set search_path = pg_catalog as $$ select 1 $$; grant execute on function platform.loose() to rowhouse_tenant`,
    () => 'drop function platform.loose()',
    () => 'platform.loose()',
  ],
  [
    'tenancy-tables',
    'a registry that the tenant login may read',
    () => 'grant select on tenancy.placements to rowhouse_tenant',
    () => 'revoke select on tenancy.placements from rowhouse_tenant',
    () => 'tenancy.placements',
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
    () => 'create view shared.loose as select * from shared.notes',
    () => 'drop view shared.loose',
    () => 'shared.loose',
  ],
  [
    'public-rights',
    'set_config for public',
    () => 'grant execute on function pg_catalog.set_config(text, text, boolean) to public',
    () => 'revoke execute on function pg_catalog.set_config(text, text, boolean) from public',
    () => 'set_config(text,text,boolean)',
  ],
  [
    'functions',
    'a function of an extension that runs as its owner',
    () =>
      `create extension hstore schema public; alter function public.akeys(public.hstore) security definer set search_path = pg_catalog`,
    () => 'drop extension hstore',
    () => 'public.akeys(public.hstore)',
  ],
  [
    'extensions',
    'an extension that the configuration does not list',
    () => 'create extension pgcrypto schema public',
    () => 'drop extension pgcrypto',
    () => 'pgcrypto',
  ],
  [
    'tenant-homes',
    'a tenant home without its schema',
    () =>
      `insert into tenancy.tenant_homes (tenant_id, schema_name, login) values ('${lost}', '${privateName(lost)}', '${privateName(lost)}')`,
    () => `delete from tenancy.tenant_homes where tenant_id = '${lost}'`,
    () => lost,
  ],
  [
    'registry',
    'a registry with another epoch',
    () => `update tenancy.placements set epoch = 9 where tenant_id = '${testTenants.schema[0].id}'`,
    () => `update tenancy.placements set epoch = 1 where tenant_id = '${testTenants.schema[0].id}'`,
    () => testTenants.schema[0].id,
  ],
]

test('a healthy fleet has no violations, and every database is checked', async () => {
  const report = await checkFleet(tenancy())
  expect(report.findings).toEqual([])
  expect(report.targets.length).toBe(3)
})

describe.each(cases)('%s', (check, name, breakIt, repair, object) => {
  test(`${name} is found, named, and gone after the repair`, async () => {
    expect(await objects(check)).toEqual([])
    await run(breakIt())
    try {
      expect(await objects(check)).toContain(object())
    } finally {
      await run(repair())
    }
    expect(await objects(check)).toEqual([])
  })
})

test('every invariant has a case here, except those that need another build or server', async () => {
  const tested = new Set(cases.map(([check]) => check))
  expect((await invariants()).filter((name) => !tested.has(name))).toEqual([
    'build',
    'prepared-transactions',
    'reachable',
    'version',
  ])
})

test('concurrent readiness checks share one check', async () => {
  const asked = Array.from({ length: 20 }, () => readiness(tenancy()))
  expect(new Set(asked).size).toBe(1)
  expect(await asked[0]).toEqual({ ready: true, problems: [] })
  const again = readiness(tenancy())
  expect(again).not.toBe(asked[0])
  expect(await again).toMatchObject({ ready: true })
})

test('a violation in a tenant database is found there', async () => {
  const url = new URL(process.env.DATABASE_URL ?? '')
  url.pathname = `/${nameOf('database')}`
  const there = (text: string) => withConnection(url.toString(), (client) => client.query(text))
  await there(`grant temporary on database ${nameOf('database')} to public`)
  try {
    const { findings } = await checkFleet(tenancy())
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'public-rights', target: nameOf('database') }),
    )
  } finally {
    await there(`revoke temporary on database ${nameOf('database')} from public`)
  }
})

test('functions of another build in a tenant database are reported, and a refresh updates them', async () => {
  const url = new URL(process.env.DATABASE_URL ?? '')
  url.pathname = `/${nameOf('database')}`
  const old = `drop function tenancy.reassign_move(uuid, uuid, uuid); update tenancy.applied_migrations set sha256 = 'of an older build' where migration = 'functions'`
  await withConnection(url.toString(), (client) => client.query(old))
  expect(
    (await checkFleet(tenancy())).findings.filter(({ check }) => check === 'build'),
  ).toMatchObject([{ target: nameOf('database'), object: 'functions of schema tenancy' }])
  await setup(tenancy(), { adminUrl: process.env.DATABASE_URL ?? '' })
  const connection = new MainConnection(tenancy())
  const missed: unknown[] = []
  await inspectDedicatedDatabases(tenancy(), {
    workers: [connection],
    refresh: true,
    onFailure: (_target, error) => missed.push(error),
  }).finally(() => connection.drop())
  expect(missed).toEqual([])
  expect(await objects('build')).toEqual([])
  const there = await withConnection(url.toString(), (client) =>
    client.query(`select from pg_proc where proname = 'reassign_move'`),
  )
  expect(there.rowCount).toBe(1)
})
