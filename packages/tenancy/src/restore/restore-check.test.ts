import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { databaseOf, inDatabase, withConnection } from '#tenancy/base/connect'
import { privateName } from '#tenancy/base/ids'
import { placementKinds } from '#tenancy/base/tenancy'
import { checkFleet } from '#tenancy/checks/doctor'
import { createTenancy } from '#tenancy/create-tenancy'
import { verifyFleet } from '#tenancy/migrations/verify'
import { forgetPlacement } from '#tenancy/registry/placements'
import { closePools } from '#tenancy/registry/pools'
import { EncryptionKeyMismatch, NothingRestored } from '#tenancy/restore/errors'
import { reopenHome, restoreCheck } from '#tenancy/restore/restore-check'
import { requestAbort } from '#tenancy/moves/move-actions'
import { requestMove } from '#tenancy/moves/requests'
import { perform, requestTo } from '#tenancy/testing/moves/fixture'
import { fixtureConfig, tenancy } from '#tenancy/testing/fixture/tenancy'
import {
  createTestTenants,
  queryAs,
  removeTestTenants,
  type TestTenants,
} from '#tenancy/testing/fixture/test-tenants'

const adminUrl = process.env.DATABASE_URL ?? ''
let testTenants: TestTenants

beforeAll(async () => void (testTenants = await createTestTenants(placementKinds)))
afterAll(async () => {
  await removeTestTenants(testTenants)
  await closePools(tenancy())
})

const inOne = (database: string, text: string) =>
  withConnection(inDatabase(adminUrl, database), (admin) => admin.query(text))
const main = databaseOf(adminUrl)
const databases = () => [main, ...testTenants.database.map(({ id }) => privateName(id))]
/** What restore-check says about this test's databases. Other files use the same server. */
async function check() {
  const report = await restoreCheck(tenancy(), { adminUrl })
  return {
    ...report,
    repairs: report.repairs.filter(({ database }) => databases().includes(database ?? '')),
    decisions: report.decisions.filter(({ subject }) =>
      Object.values(testTenants)
        .flat()
        .some(({ slug }) => slug === subject),
    ),
  }
}

// What pg_restore leaves on a server without the roles: the administrator owns everything, no right is granted, and
// functions have the default privilege. The roles of the engine stay, because other tests use them.
const asRestoredWithoutRoles = `
  do $$
  declare
    own record;
    login text;
  begin
    execute format('grant connect, temporary on database %I to public', current_database());
    execute format('revoke all on database %I from rowhouse_owner, rowhouse_migrator, rowhouse_platform, rowhouse_tenant, rowhouse_worker', current_database());
    execute format('alter database %I owner to %I', current_database(), current_user);
    alter default privileges for role rowhouse_owner grant execute on functions to public;
    for own in
      select oid, nspname from pg_namespace where nspname in ('tenancy', 'platform', 'shared') or nspname ~ '^t_'
    loop
      execute format('alter schema %I owner to %I', own.nspname, current_user);
      foreach login in array array['public', 'rowhouse_platform', 'rowhouse_tenant', 'rowhouse_worker', 'rowhouse_migrator'] loop
        execute format('revoke all on schema %I from %s', own.nspname, login);
        execute format('revoke all on all tables in schema %I from %s', own.nspname, login);
        execute format('revoke all on all routines in schema %I from %s', own.nspname, login);
      end loop;
      execute format('grant execute on all routines in schema %I to public', own.nspname);
    end loop;
    for own in
      select c.oid::regclass as name from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v') and (n.nspname in ('tenancy', 'platform', 'shared') or n.nspname ~ '^t_')
    loop
      execute format('alter table %s owner to %I', own.name, current_user);
    end loop;
    for own in
      select p.oid::regprocedure as name from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
      where n.nspname in ('tenancy', 'platform', 'shared')
    loop
      execute format('alter routine %s owner to %I', own.name, current_user);
    end loop;
  end
  $$`

async function loseRights(): Promise<void> {
  const dedicated = [...testTenants.schema, ...testTenants.database].map(({ id }) =>
    privateName(id),
  )
  await closePools(tenancy())
  for (const database of databases()) {
    const role = dedicated.includes(database) ? [database] : dedicated
    for (const name of role) await inOne(database, `drop owned by ${name}`).catch(() => {})
    await inOne(database, asRestoredWithoutRoles)
  }
  for (const name of dedicated) await inOne(main, `drop role ${name}`)
}

const titles = async () => {
  const all: Record<string, unknown[]> = {}
  for (const { slug, owner } of Object.values(testTenants).flat())
    all[slug] = await queryAs(owner, 'select title from notes order by number')
  return all
}

test('a healthy deployment is not changed', async () => {
  expect(await check()).toMatchObject({ repairs: [], decisions: [], findings: [], drift: [] })
})

test('databases restored without their roles are repaired, and serve every tenant again', async () => {
  const before = await titles()
  await loseRights()
  expect(await verifyFleet(tenancy()).catch(() => 'fails')).toBe('fails')
  const { repairs, findings, drift } = await check()
  expect({ findings, drift }).toEqual({ findings: [], drift: [] })
  for (const database of databases())
    expect(repairs.filter((repair) => repair.database === database)).not.toEqual([])
  forgetPlacement(tenancy())
  expect(await titles()).toEqual(before)
  expect((await checkFleet(tenancy())).findings).toEqual([])
  expect(await check()).toMatchObject({ repairs: [], findings: [], drift: [] })
})

test('a home that differs from the registry is reported, and can be reopened', async () => {
  const [{ id, slug, owner }] = testTenants.database
  await inOne(
    privateName(id),
    `update tenancy.tenant_homes set state = 'fenced', epoch = 7, move_id = gen_random_uuid()`,
  )
  const { decisions, findings } = await check()
  expect(findings).toMatchObject([{ check: 'registry', object: id }])
  expect(decisions).toMatchObject([
    { subject: slug, todo: expect.stringContaining(`--reopen ${slug}`) },
  ])
  await reopenHome(tenancy(), { tenantId: id, slug, actor: 'test' })
  expect(await check()).toMatchObject({ decisions: [], findings: [] })
  expect(await queryAs(owner, 'select count(*)::int as n from notes')).toEqual([{ n: 6 }])
})

test('a move whose target was not restored is reported, and can be aborted', async () => {
  const [{ id, slug, owner }] = testTenants.shared
  const name = privateName(id)
  const move = await perform(
    await requestMove(tenancy(), await requestTo('database', id)),
    'copied',
  )
  await closePools(tenancy())
  await inOne(main, `drop database ${name} with (force)`)
  await inOne(main, `drop role ${name}`)
  const { decisions, findings } = await check()
  expect({ decisions, findings }).toMatchObject({
    decisions: [{ subject: slug, todo: expect.stringContaining(`tenant move ${slug} --abort`) }],
    findings: [],
  })
  await requestAbort(tenancy(), { tenantId: id, slug, actor: 'test' })
  expect(await perform(move)).toMatchObject({ state: 'aborted' })
  expect(await queryAs(owner, 'select count(*)::int as n from notes')).toEqual([{ n: 6 }])
  expect(await check()).toMatchObject({ repairs: [], decisions: [], findings: [] })
})

test('a database that was not restored is reported', async () => {
  const [{ id, slug }] = testTenants.database
  const [name, aside] = [privateName(id), `${main}_aside`]
  await closePools(tenancy())
  await inOne(main, `alter database ${name} rename to ${aside}`)
  try {
    expect(await check()).toMatchObject({
      decisions: [{ subject: slug, what: expect.stringContaining('was not restored') }],
      findings: [{ check: 'reachable' }],
    })
  } finally {
    await inOne(main, `alter database ${aside} rename to ${name}`)
  }
})

test('another encryption key is refused before anything is changed', async () => {
  const other = createTenancy({
    ...fixtureConfig(),
    encryptionKey: randomBytes(32).toString('base64'),
  })
  const error: unknown = await restoreCheck(other, { adminUrl }).catch((thrown: unknown) => thrown)
  expect(EncryptionKeyMismatch.is(error)).toBe(true)
  expect(error).toMatchObject({ secrets: 4, unreadable: 4 })
  await closePools(other)
})

test('a database without a registry is refused', async () => {
  const empty = `${main}_empty`
  await inOne(main, `create database ${pg.escapeIdentifier(empty)}`)
  try {
    const error: unknown = await restoreCheck(tenancy(), {
      adminUrl: inDatabase(adminUrl, empty),
    }).catch((thrown: unknown) => thrown)
    expect(NothingRestored.is(error)).toBe(true)
  } finally {
    await inOne(main, `drop database ${pg.escapeIdentifier(empty)}`)
  }
})
