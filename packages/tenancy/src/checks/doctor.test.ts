import { afterAll, beforeAll, expect, test } from 'vitest'
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
import {
  describeViolations,
  objectsOf,
  type PlantedViolation,
} from '#tenancy/testing/planted-violations'

let testTenants: TestTenants
let tenantFunction: string
beforeAll(async () => {
  testTenants = await createTestTenants(['shared', 'schema', 'database'], 1)
  await asAdmin(async (client) => {
    const { rows } = await client.query<{ definition: string }>(
      `select pg_get_functiondef('tenancy.tenant()'::regprocedure) as definition`,
    )
    tenantFunction = rows[0]?.definition ?? ''
  })
})
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
const cases: PlantedViolation[] = [
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
  ...(
    [
      ['set_config(text,text,boolean)', 'rowhouse_tenant'],
      ['pg_terminate_backend(integer,bigint)', 'rowhouse_tenant'],
      ['pg_read_file(text)', 'rowhouse_tenant'],
      ['pg_read_file(text)', 'rowhouse_worker'],
    ] as const
  ).map(([signature, login]): PlantedViolation => [
    'direct-grants',
    `${signature} for ${login} alone`,
    () => `grant execute on function pg_catalog.${signature} to ${login}`,
    () => `revoke execute on function pg_catalog.${signature} from ${login}`,
    () => signature,
  ]),
  [
    'direct-grants',
    'set_config for the role of a tenant',
    () =>
      `grant execute on function pg_catalog.set_config(text, text, boolean) to ${nameOf('schema')}`,
    () =>
      `revoke execute on function pg_catalog.set_config(text, text, boolean) from ${nameOf('schema')}`,
    () => 'set_config(text,text,boolean)',
  ],
  [
    'direct-grants',
    'a system catalogue for the tenant login',
    () => 'grant select on pg_catalog.pg_authid to rowhouse_tenant',
    () => 'revoke select on pg_catalog.pg_authid from rowhouse_tenant',
    () => 'pg_catalog.pg_authid',
  ],
  [
    'direct-grants',
    'new tables that the tenant login may read',
    () =>
      'alter default privileges for role rowhouse_owner grant select on tables to rowhouse_tenant',
    () =>
      'alter default privileges for role rowhouse_owner revoke select on tables from rowhouse_tenant',
    () => 'default privileges of rowhouse_owner',
  ],
  [
    'database-objects',
    'a publication of all tables',
    () => 'create publication loose for all tables',
    () => 'drop publication loose',
    () => 'publication loose',
  ],
  [
    'database-objects',
    'a publication of a table of tenants',
    () => 'create publication loose for table shared.notes',
    () => 'drop publication loose',
    () => 'publication loose',
  ],
  [
    'database-objects',
    'a publication of a schema',
    () => `create publication loose for tables in schema ${nameOf('schema')}`,
    () => 'drop publication loose',
    () => 'publication loose',
  ],
  [
    'database-objects',
    'a subscription',
    () =>
      `create subscription loose connection 'dbname=none' publication loose with (connect = false)`,
    () => 'alter subscription loose set (slot_name = none); drop subscription loose',
    () => 'subscription loose',
  ],
  [
    'database-objects',
    'an event trigger',
    () =>
      `create function public.loose() returns event_trigger language plpgsql set search_path = pg_catalog as $$ begin end $$; create event trigger loose on ddl_command_end execute function public.loose()`,
    () => 'drop event trigger loose; drop function public.loose()',
    () => 'event trigger loose',
  ],
  [
    'database-objects',
    'a foreign server',
    () => 'create foreign data wrapper loose; create server loose foreign data wrapper loose',
    () => 'drop foreign data wrapper loose cascade',
    () => 'foreign server loose',
  ],
  [
    'database-objects',
    'an untrusted language',
    () => 'create language loose handler plpgsql_call_handler',
    () => 'drop language loose',
    () => 'language loose',
  ],
  [
    'database-objects',
    'a cast',
    () =>
      `create function public.loose(uuid) returns int language sql immutable set search_path = pg_catalog as $$ select 1 $$; create cast (uuid as int) with function public.loose(uuid) as implicit`,
    () => 'drop cast (uuid as int); drop function public.loose(uuid)',
    () => 'cast from uuid to integer',
  ],
  [
    'database-objects',
    'an operator in the schema of tenants',
    () =>
      `create function public.loose(uuid, uuid) returns boolean language sql immutable set search_path = pg_catalog as $$ select true $$; create operator shared.=== (leftarg = uuid, rightarg = uuid, function = public.loose)`,
    () => 'drop operator shared.=== (uuid, uuid); drop function public.loose(uuid, uuid)',
    () => 'operator shared.===',
  ],
  [
    'database-objects',
    'a setting of the database',
    () =>
      `do $$ begin execute format('alter database %I set row_security = off', current_database()); end $$`,
    () =>
      `do $$ begin execute format('alter database %I reset row_security', current_database()); end $$`,
    () => `database ${new URL(process.env.DATABASE_URL ?? '').pathname.slice(1)}`,
  ],
  [
    'database-objects',
    "a copy of tenants' rows in another schema",
    () =>
      'create schema loose; create table loose.notes as table shared.notes; grant usage on schema loose to rowhouse_tenant; grant select on loose.notes to rowhouse_tenant',
    () => 'drop schema loose cascade',
    () => 'loose.notes',
  ],
  [
    'function-bodies',
    'a tenancy.tenant() that believes a setting',
    () =>
      `create or replace function tenancy.tenant() returns uuid language plpgsql stable security definer parallel unsafe set search_path = pg_catalog, pg_temp as $$ begin return current_setting('tenancy.context', true)::uuid; end $$`,
    () => tenantFunction,
    () => 'tenancy.tenant()',
  ],
  ...[
    [
      'a column grant',
      () => 'grant select (title) on shared.notes to rowhouse_platform',
      () => 'revoke select (title) on shared.notes from rowhouse_platform',
    ],
    [
      'a rule',
      () => 'create rule loose as on delete to shared.notes do also nothing',
      () => 'drop rule loose on shared.notes',
    ],
    [
      'a trigger',
      () =>
        'create function public.loose() returns trigger language plpgsql set search_path = pg_catalog as $$ begin return new; end $$; create trigger loose before insert on shared.notes for each row execute function public.loose()',
      () => 'drop function public.loose() cascade',
    ],
  ].map(([name, breakIt, repair]): PlantedViolation => [
    'drift',
    name as string,
    breakIt as () => string,
    repair as () => string,
    () => expect.stringContaining('notes') as string,
  ]),
]

test('a healthy fleet has no violations, and every database is checked', async () => {
  const report = await checkFleet(tenancy(), { drift: true })
  expect(report.findings).toEqual([])
  expect(report.targets.length).toBe(3)
})

describeViolations(cases, run)

test('a schema that a newer build has migrated is a note, and not compared', async () => {
  await run(`
    insert into tenancy.applied_migrations (schema, migration, sha256) values ('shared', '9999_newer', 'x');
    alter table shared.notes add column newer text`)
  try {
    const { findings, notes } = await checkFleet(tenancy(), { drift: true })
    expect(findings.filter(({ check }) => check === 'drift')).toEqual([])
    expect(notes).toMatchObject([{ check: 'drift', target: 'shared' }])
  } finally {
    await run(`
      delete from tenancy.applied_migrations where migration = '9999_newer';
      alter table shared.notes drop column newer`)
  }
  expect(await objectsOf('drift')).toEqual([])
})

test('setup installs replaced functions again once their rows are deleted from the ledger', async () => {
  await run(
    `create or replace function tenancy.tenant() returns uuid language sql stable security definer set search_path = pg_catalog as 'select null::uuid'`,
  )
  expect(await objectsOf('function-bodies')).toEqual(['tenancy.tenant()'])
  await run(
    `delete from tenancy.applied_migrations where schema = 'tenancy' and migration in ('functions', 'admin')`,
  )
  await setup(tenancy(), { adminUrl: process.env.DATABASE_URL ?? '' })
  expect(await objectsOf('function-bodies')).toEqual([])
  expect((await checkFleet(tenancy(), { drift: true })).findings).toEqual([])
})

test('every invariant has a case here, except those that need another build or server', async () => {
  const tested = new Set(cases.map(([check]) => check))
  expect((await invariants()).filter((name) => !tested.has(name))).toEqual([
    'build',
    'other-roles', // see other-roles.test.ts
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
  expect(await objectsOf('build')).toEqual([])
  const there = await withConnection(url.toString(), (client) =>
    client.query(`select from pg_proc where proname = 'reassign_move'`),
  )
  expect(there.rowCount).toBe(1)
})
