import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withConnection, databaseOf, inDatabase } from '#tenancy/base/connect'
import { OldLayout } from '#tenancy/migrations/errors'
import { logins, type Tenancy } from '#tenancy/base/tenancy'
import { readiness } from '#tenancy/checks/health'
import { createTenancy } from '#tenancy/create-tenancy'
import { assertBuildCompatible } from '#tenancy/migrations/startup-check'
import { closePools } from '#tenancy/registry/pools'
import { setup } from '#tenancy/setup'
import { fixtureConfig } from '#tenancy/testing/fixture/tenancy'

const mainUrl = process.env.DATABASE_URL ?? ''
const database = `${databaseOf(mainUrl)}_old`
const adminUrl = inDatabase(mainUrl, database)

let old: Tenancy
/** The same database, with a password for a login that the server does not accept. */
let wrongPassword: Tenancy

beforeAll(async () => {
  await withConnection(mainUrl, (admin) =>
    admin.query(`create database ${pg.escapeIdentifier(database)}`),
  )
  await withConnection(adminUrl, (admin) =>
    admin.query(`
      create schema tenancy;
      grant usage on schema tenancy to public;
      create table tenancy.homes (tenant_id uuid primary key, schema_name text not null, login text not null, state text not null default 'active', epoch bigint not null default 1);
      create table tenancy.applied (schema text not null, migration text not null, sha256 text not null, primary key (schema, migration));
      create schema platform;
      create table platform.tenants (id uuid primary key, slug text not null);
      insert into tenancy.homes values (gen_random_uuid(), 'shared', 'rowhouse_tenant');
      insert into platform.tenants values (gen_random_uuid(), 'acme')`),
  )
  const config = fixtureConfig()
  const urls = Object.fromEntries(
    logins.map((login) => [login, inDatabase(config.urls[login], database)]),
  ) as typeof config.urls
  old = createTenancy({ ...config, urls })
  const wrong = new URL(urls.worker)
  wrong.password = 'another-password'
  wrongPassword = createTenancy({ ...config, urls: { ...urls, worker: wrong.toString() } })
})
afterAll(async () => {
  await closePools(old)
  await withConnection(mainUrl, (admin) =>
    admin.query(`drop database ${pg.escapeIdentifier(database)} with (force)`),
  )
})

/** Everything that setup creates or changes: objects, grants, settings, roles and passwords. */
const contents = () =>
  withConnection(adminUrl, async (admin) => {
    const lists = []
    for (const text of [
      `select nspname, nspowner, nspacl::text from pg_namespace where nspname !~ '^pg_(temp|toast)' order by 1`,
      `select oid, relname, relnamespace, relowner, relacl::text, relrowsecurity from pg_class where relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) and relkind <> 't' order by oid`,
      `select oid, proname, proowner, proacl::text from pg_proc where pronamespace <> 'information_schema'::regnamespace order by oid`,
      `select datname, datdba, datacl::text from pg_database where datname = current_database()`,
      `select setrole, setconfig::text from pg_db_role_setting where setdatabase = (select oid from pg_database where datname = current_database()) order by 1`,
      `select rolname, rolpassword, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_authid where rolname ~ '^rowhouse_' order by 1`,
      'select * from tenancy.homes',
      'select * from platform.tenants',
    ])
      lists.push((await admin.query<Record<string, unknown>>(text)).rows)
    return lists
  })

const thrown = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

test('setup refuses a database of the old layout before it changes anything', async () => {
  const before = await contents()
  expect(before.at(-1)).toHaveLength(1)
  for (const tenancy of [old, wrongPassword]) {
    const error = await thrown(setup(tenancy, { adminUrl }))
    expect(OldLayout.is(error)).toBe(true)
    expect(error).toMatchObject({ code: 'old_layout', database })
  }
  expect(await contents()).toEqual(before)
})

test('a build that starts on a database of the old layout does not serve requests and reports that it is not ready', async () => {
  const before = await contents()
  const error = await thrown(assertBuildCompatible(old))
  expect(OldLayout.is(error)).toBe(true)
  expect(error).toMatchObject({ code: 'old_layout', database })
  expect(await readiness(old)).toEqual({
    ready: false,
    problems: [expect.stringContaining('layout of an older Rowhouse') as string],
  })
  expect(await contents()).toEqual(before)
})

test('setup can be repeated without changing the tables of a database', async () => {
  const tables = () =>
    withConnection(mainUrl, async (admin) => {
      const { rows } = await admin.query<{ oid: string; name: string }>(
        `select oid::text, oid::regclass::text as name from pg_class where relkind = 'r' and relnamespace in ('tenancy'::regnamespace, 'platform'::regnamespace, 'shared'::regnamespace) order by oid`,
      )
      return rows
    })
  const before = await tables()
  const tenancy = createTenancy(fixtureConfig())
  await setup(tenancy, { adminUrl: mainUrl })
  expect(await tables()).toEqual(before)
  await assertBuildCompatible(tenancy)
  await closePools(tenancy)
})
