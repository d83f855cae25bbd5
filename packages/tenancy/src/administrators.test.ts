import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inDatabase, withConnection } from '#tenancy/base/connect'
import { newId, privateName } from '#tenancy/base/ids'
import type { Tenancy } from '#tenancy/base/tenancy'
import { checkFleet } from '#tenancy/checks/doctor'
import { createTenancy } from '#tenancy/create-tenancy'
import { HardeningIncomplete, SqlFileFailed } from '#tenancy/migrations/errors'
import { verifyFleet } from '#tenancy/migrations/verify'
import { createTenant } from '#tenancy/placements/create-tenant'
import { templateDatabase } from '#tenancy/placements/prepare-server'
import { unprovision } from '#tenancy/placements/provision'
import { placementOf, platform } from '#tenancy/registry/placements'
import { closePools } from '#tenancy/registry/pools'
import { setup, setupServer } from '#tenancy/setup'
import { people } from '#tenancy/testing/fixture/schema'
import { fixtureConfig, tenancy } from '#tenancy/testing/fixture/tenancy'
import { removePostgres, startPostgres } from '../../../scripts/postgres.ts'

// A server whose administrators are no superusers, as providers offer it.

const name = `administrators-${process.pid}`
let stop: () => Promise<void>
let superuserUrl: string
let managed: Tenancy
/** A tenant with a dedicated schema, and one with a dedicated database. */
const tenants = { schema: newId(), database: newId() }

const as = (administrator: string, database = 'managed') => {
  const url = new URL(inDatabase(superuserUrl, database))
  url.username = administrator
  url.password = 'pw'
  return url.toString()
}
const sql = (url: string, text: string) =>
  withConnection(url, async (client) => (await client.query<pg.QueryResultRow>(text)).rows)
const thrown = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )
const checks = async () => {
  const { findings, notes } = await checkFleet(managed)
  return { findings, notes: new Set(notes.map(({ object }) => object)) }
}
const families = new Set(['advisory locks', 'large objects', 'sessions', 'set_config'])

beforeAll(async () => {
  ;({ adminUrl: superuserUrl, stop } = await startPostgres({ name, durable: false }))
  await sql(
    superuserUrl,
    `create role "First-Admin" login createrole createdb password 'pw';
     create role second_admin login createrole createdb password 'pw'`,
  )
  const { AUTH_SECRET, ENCRYPTION_KEY } = process.env
  managed = createTenancy(
    fixtureConfig({ DATABASE_URL: as('First-Admin'), AUTH_SECRET, ENCRYPTION_KEY }),
  )
}, 60_000)
afterAll(async () => {
  await closePools(managed)
  await closePools(tenancy())
  await stop()
  await removePostgres(name)
})

test('an administrator who is no superuser sets up a server, and the doctor notes what stays open', async () => {
  const adminUrl = as('First-Admin')
  await setup(managed, { adminUrl })
  const { databases, failed } = await setup(managed, { adminUrl })
  expect(failed).toEqual([])
  expect(databases).toMatchObject([{ database: 'managed', profile: 'managed' }])
  const ownerId = newId()
  await platform(managed).insert(people).values({ id: ownerId, name: 'Owner' })
  await createTenant(managed, {
    id: tenants.schema,
    slug: 'schema',
    name: 'S',
    ownerId,
    tier: 'business',
  })
  await createTenant(managed, {
    id: tenants.database,
    slug: 'database',
    name: 'D',
    ownerId,
    tier: 'enterprise',
  })
  expect(await checks()).toEqual({ findings: [], notes: families })
})

test('the profile hardened is refused while functions are open, and then holds', async () => {
  const error = await thrown(setup(managed, { adminUrl: as('First-Admin'), profile: 'hardened' }))
  expect(HardeningIncomplete.is(error)).toBe(true)
  expect(error).toMatchObject({
    functions: expect.arrayContaining(['set_config(text,text,boolean)']) as string[],
  })
  expect((await checks()).findings).toEqual([])

  const database = privateName(tenants.database)
  await sql(
    inDatabase(superuserUrl, database),
    `update tenancy.installation set profile = 'hardened'`,
  )
  const { findings, notes } = await checkFleet(managed)
  expect(new Set(findings.map(({ check, target }) => `${check} in ${target}`))).toEqual(
    new Set([`public-rights in ${database}`]),
  )
  expect(findings.map(({ object }) => object)).toContain('set_config(text,text,boolean)')
  expect(new Set(notes.map(({ target }) => target))).toEqual(new Set(['main']))
  // an undeclared profile stays as it is
  await setup(managed, { adminUrl: as('First-Admin') })
  expect((await checkFleet(managed)).findings).toHaveLength(findings.length)
  await setup(managed, { adminUrl: as('First-Admin'), profile: 'managed' })
  expect(await checks()).toEqual({ findings: [], notes: families })
})

test('an extension is a note, and a violation if it offers a function that runs as its owner', async () => {
  const main = inDatabase(superuserUrl, 'managed')
  await sql(main, 'create schema extensions; create extension hstore schema extensions')
  expect(await checks()).toEqual({ findings: [], notes: new Set([...families, 'hstore']) })
  const signature = 'extensions.akeys(extensions.hstore)'
  await sql(main, `alter function ${signature} security definer set search_path = pg_catalog`)
  // no login can reach the schema
  expect((await checks()).findings).toEqual([])
  await sql(main, 'grant usage on schema extensions to public')
  expect((await checks()).findings).toMatchObject([{ check: 'functions', object: signature }])
  const listed = createTenancy({ ...managed.config, extensions: ['hstore'] })
  const report = await checkFleet(listed)
  await closePools(listed)
  expect(report.findings).toEqual([])
  expect(report.notes.map(({ object }) => object)).not.toContain('hstore')
  await sql(main, 'drop schema extensions cascade')
})

test("functions of the administrator's files reach dedicated databases by setup, and the doctor is red until then", async () => {
  const database = privateName(tenants.database)
  const there = inDatabase(superuserUrl, database)
  await sql(
    there,
    `create or replace function tenancy.end_sessions(p_tenant uuid) returns bigint language sql as 'select 0::bigint';
     update tenancy.applied_migrations set sha256 = 'older' where migration = 'admin'`,
  )
  expect((await checks()).findings).toContainEqual(
    expect.objectContaining({
      check: 'build',
      target: database,
      object: 'functions of the administrator',
      why: expect.stringContaining('run `setup` with') as string,
    }),
  )
  expect((await verifyFleet(managed)).drift).toMatchObject([
    { target: 'tenancy of database', object: 'function end_sessions(p_tenant uuid)' },
  ])
  await setup(managed, { adminUrl: as('First-Admin') })
  expect((await checks()).findings).toEqual([])
  expect((await verifyFleet(managed)).drift).toEqual([])
})

test('functions that run as the administrator call no function that another role could replace', async () => {
  const main = inDatabase(superuserUrl, 'managed')
  const ofAdministrator = `from pg_proc where pronamespace = 'tenancy'::regnamespace and prosecdef and proowner = '"First-Admin"'::regrole`
  expect(await sql(main, `select proname ${ofAdministrator}`)).not.toEqual([])
  expect(
    await sql(main, `select proname ${ofAdministrator} and prosrc ~ 'tenancy\\.\\w+\\s*\\('`),
  ).toEqual([])
})

test('another administrator learns which roles are missing even if postgres is the main database', async () => {
  await sql(superuserUrl, 'revoke connect on database postgres from public')
  const error = await thrown(setup(managed, { adminUrl: as('second_admin', 'postgres') }))
  await sql(superuserUrl, 'grant connect on database postgres to public')
  expect(error).toMatchObject({ code: 'sql_file_failed', file: 'admin/roles.sql' })
  expect((error as Error).cause).toMatchObject({
    hint: expect.stringMatching(/^as "First-Admin", run: grant rowhouse_migrator, /) as string,
  })
})

test('another administrator learns which statements the first one has to run, and then replaces it', async () => {
  const adminUrl = as('second_admin')
  const statements: string[] = []
  for (;;) {
    const error = await thrown(setup(managed, { adminUrl }))
    if (error === undefined) break
    if (!SqlFileFailed.is(error)) throw error
    expect(error.sqlstate).toBe('42501')
    const { hint = '' } = error.cause as pg.DatabaseError
    const [, administrator = '', statement = ''] = /^as "([\w-]+)", run: (.*)$/.exec(hint) ?? []
    expect(administrator).toBe('First-Admin')
    expect(statements).not.toContain(statement)
    statements.push(statement)
    await sql(as(administrator), statement)
  }
  expect(statements).toContain('alter database managed owner to rowhouse_owner')
  // the template too, from which later databases are made
  for (const database of [privateName(tenants.database), templateDatabase]) {
    const owners = await sql(
      inDatabase(superuserUrl, database),
      `select distinct proowner::regrole::text as owner from pg_proc where pronamespace = 'tenancy'::regnamespace order by 1`,
    )
    expect(owners).toEqual([{ owner: 'rowhouse_owner' }, { owner: 'second_admin' }])
  }
  expect((await checks()).findings).toEqual([])
  for (const id of Object.values(tenants))
    await unprovision(managed, id, await placementOf(managed, id))
  expect(await sql(superuserUrl, `select rolname from pg_roles where rolname ~ '^t_'`)).toEqual([])
})

test('an attribute that the administrator may not change is named with its role', async () => {
  await sql(superuserUrl, 'alter role rowhouse_tenant replication')
  const error = await thrown(setup(managed, { adminUrl: as('second_admin') }))
  expect(error).toMatchObject({
    code: 'sql_file_failed',
    file: 'admin/roles.sql',
    sqlstate: '42501',
    message: expect.stringContaining('the role rowhouse_tenant must be noreplication') as string,
    cause: {
      hint: expect.stringContaining('alter role rowhouse_tenant with noreplication') as string,
    },
  })
  await sql(superuserUrl, 'alter role rowhouse_tenant noreplication')
})

test('a database of a role without the right to hand it over is named with the statement for a superuser', async () => {
  await sql(superuserUrl, 'create role stranger')
  await sql(superuserUrl, 'create database stranger_main owner stranger')
  const error = await thrown(setup(managed, { adminUrl: as('First-Admin', 'stranger_main') }))
  expect(error).toMatchObject({
    code: 'sql_file_failed',
    file: 'admin/hardening.sql',
    sqlstate: '42501',
    cause: {
      hint: 'as a superuser, or as a member of stranger and rowhouse_owner with createdb, run: alter database stranger_main owner to rowhouse_owner',
    },
  })
})

test('on another server, setup with its URL updates the functions, and the doctor says so', async () => {
  const adminUrl = as('First-Admin', 'postgres')
  const ownerId = newId()
  await platform(tenancy()).insert(people).values({ id: ownerId, name: 'Owner' })
  await sql(superuserUrl, 'grant second_admin to "First-Admin"')
  const { id } = await createTenant(
    tenancy(),
    { slug: 'far', name: 'Far', ownerId, tier: 'enterprise' },
    adminUrl,
  )
  await sql(
    inDatabase(superuserUrl, privateName(id)),
    `update tenancy.applied_migrations set sha256 = 'older' where migration = 'admin'`,
  )
  const { host } = new URL(superuserUrl)
  expect((await checkFleet(tenancy())).findings).toMatchObject([
    {
      check: 'build',
      why: expect.stringContaining(
        `setup --database-url postgres://ADMIN@${host}/postgres`,
      ) as string,
    },
  ])
  const { databases, failed } = await setupServer(tenancy(), { adminUrl })
  expect(failed).toEqual([])
  expect(databases).toMatchObject([{ database: privateName(id), profile: 'managed' }])
  expect((await checkFleet(tenancy())).findings).toEqual([])
  await unprovision(tenancy(), id, await placementOf(tenancy(), id))
})
