import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { withConnection, databaseOf, inDatabase } from '#tenancy/base/connect'
import { harden } from '#tenancy/migrations/admin-files'
import { MigrationChanged, SchemaTooNew } from '#tenancy/migrations/errors'
import { asOwner, mainDatabase } from '#tenancy/migrations/connections'
import {
  applyEngineMigrations,
  readEngineHistory,
  statementsFor,
} from '#tenancy/migrations/engine-migrations'
import { finishGenerated } from '#tenancy/migrations/finish-generated'
import { functionFiles, recordDigest, refreshEngine } from '#tenancy/migrations/functions'
import { migration, type Migration } from '#tenancy/migrations/history'
import { lintMigrations } from '#tenancy/migrations/lint'
import { runFleet } from '#tenancy/migrations/run-migrations'
import { asOwnerSession } from '#tenancy/migrations/script'
import { assertBuildCompatible } from '#tenancy/migrations/startup-check'
import { readStatus } from '#tenancy/migrations/status'
import { verifyFleet } from '#tenancy/migrations/verify'
import { createTenant } from '#tenancy/placements/create-tenant'
import { unprovision } from '#tenancy/placements/provision'
import { closePools } from '#tenancy/registry/pools'
import { placementOf, type Placement } from '#tenancy/registry/placements'
import { tenancy } from '#tenancy/testing/fixture/tenancy'
import { person } from '#tenancy/testing/fixture/test-tenants'
import { nth, query } from '#tenancy/testing/migrations/tenant-rows'

// Files that the tests append to the engine's history.
const more = vi.hoisted((): { files: Migration[] } => ({ files: [] }))
vi.mock('#tenancy/migrations/history', async (importOriginal) => {
  const real = await importOriginal<typeof import('#tenancy/migrations/history')>()
  return {
    ...real,
    readHistory: async (...[plane, folder]: Parameters<typeof real.readHistory>) => [
      ...(await real.readHistory(plane, folder)),
      ...(plane === 'tenancy' ? more.files : []),
    ],
  }
})
const engineFile = (index: number, text: string) =>
  migration('tenancy', index, `009${index}_more`, text)
const everywhere = engineFile(
  1,
  `create table tenancy.more (id integer primary key);
--> statement-breakpoint
-- main database only
create table tenancy.more_in_main (id integer primary key)`,
)

const adminUrl = process.env.DATABASE_URL ?? ''
const slugs = ['alpha', 'beta'] as const
const homes: Placement[] = []
const alpha = () => nth(homes, 0)

beforeAll(async () => {
  const ownerId = await person('Owner')
  for (const slug of slugs) {
    const { id } = await createTenant(tenancy(), { slug, name: slug, ownerId, tier: 'enterprise' })
    homes.push(await placementOf(tenancy(), id))
  }
}, 60_000)

afterEach(() => {
  more.files = []
})

afterAll(async () => {
  for (const home of homes) await unprovision(tenancy(), home.tenantId, home)
  await closePools(tenancy())
})

/** Runs work in a dedicated database, as the owner of the engine's tables. */
const inAlpha = <T extends pg.QueryResultRow>(text: string): Promise<T[]> =>
  asOwner(tenancy(), alpha(), 'alpha', async (client) => (await client.query<T>(text)).rows)

const tablesOf = (client: pg.ClientBase): Promise<string[]> =>
  client
    .query<{
      name: string
    }>(
      `select relname as name from pg_class where relnamespace = 'tenancy'::regnamespace and relkind = 'r' order by 1`,
    )
    .then(({ rows }) => rows.map(({ name }) => name))

const tablesIn = (statements: string[]): string[] =>
  statements
    .flatMap(
      (text) =>
        /^create table "?tenancy"?\."?(\w+)/im.exec(text.replace(/^--.*$/gm, ''))?.[1] ?? [],
    )
    .sort()

const ledger = (client: pg.ClientBase): Promise<string[]> =>
  client
    .query<{ migration: string }>(
      `select migration from tenancy.applied_migrations where schema = 'tenancy' order by migration`,
    )
    .then(({ rows }) => rows.map(({ migration }) => migration))

/** Creates a hardened database without the engine. It is dropped after the test run. */
async function emptyDatabase(name: string): Promise<string> {
  const database = `${databaseOf(adminUrl)}_${name}`
  await query(`create database ${pg.escapeIdentifier(database)}`)
  const url = inDatabase(adminUrl, database)
  await withConnection(url, harden)
  return url
}

/** Applies the engine's files to a database from several connections at once. */
const applyAtOnce = (url: string, scope: 'main' | 'dedicated', times: number) =>
  Promise.all(
    Array.from({ length: times }, () =>
      withConnection(url, async (client) => {
        await client.query(asOwnerSession)
        return applyEngineMigrations(client, scope)
      }),
    ),
  )

/** The names of the files that this build has, oldest first. */
const tags = async () =>
  (await readEngineHistory()).filter((file) => !more.files.includes(file)).map(({ tag }) => tag)
const oldest = async () => nth(await tags(), 0)
const newest = async () => (await tags()).at(-1)

describe("the engine's history", () => {
  it('follows the lint rules', async () => {
    expect(await lintMigrations(await readEngineHistory())).toEqual([])
  })

  it('has the tables of every database before those of the main one', async () => {
    const history = await readEngineHistory()
    const dedicated = tablesIn(history.flatMap((file) => statementsFor(file, 'dedicated')))
    expect(dedicated).toContain('tenant_homes')
    expect(dedicated).toContain('applied_migrations')
    const main = tablesIn(history.flatMap((file) => statementsFor(file, 'main')))
    expect(main).toEqual(expect.arrayContaining([...dedicated, 'tenants', 'placements', 'moves']))
    await withConnection(adminUrl, async (client) => expect(await tablesOf(client)).toEqual(main))
    await asOwner(tenancy(), alpha(), 'alpha', async (client) =>
      expect(await tablesOf(client)).toEqual(dedicated),
    )
  })

  it('receives generated files for the main database only', async () => {
    const text = 'ALTER TABLE "tenancy"."tenants" ADD COLUMN "note" text;'
    const done = engineFile(1, await finishGenerated(engineFile(1, text)))
    expect(done.text).toBe(`-- main database only\n${text}`)
    expect(statementsFor(done, 'dedicated')).toEqual([])
    expect(statementsFor(done, 'main')).toHaveLength(1)
    expect(await lintMigrations([done])).toEqual([])
  })
})

describe('is applied', () => {
  it('once to an empty database, by concurrent calls', async () => {
    const url = await emptyDatabase('empty')
    const applied = await applyAtOnce(url, 'dedicated', 8)
    expect(applied.filter(({ length }) => length > 0)).toEqual([await tags()])
    await withConnection(url, async (client) => expect(await ledger(client)).toEqual(await tags()))
  })

  it('once to a database that lacks a file, by concurrent calls', async () => {
    const url = await emptyDatabase('older')
    await applyAtOnce(url, 'main', 1)
    more.files = [everywhere]
    const applied = await applyAtOnce(url, 'main', 12)
    expect(applied.filter(({ length }) => length > 0)).toEqual([['0091_more']])
    await withConnection(url, async (client) =>
      expect(await tablesOf(client)).toEqual(expect.arrayContaining(['more', 'more_in_main'])),
    )
    expect(await applyAtOnce(url, 'main', 1)).toEqual([[]])
  })

  it('completely or not at all', async () => {
    const url = await emptyDatabase('failing')
    await applyAtOnce(url, 'main', 1)
    more.files = [everywhere, engineFile(2, 'select 1 / 0')]
    await expect(applyAtOnce(url, 'main', 1)).rejects.toThrow('division by zero')
    await withConnection(url, async (client) => {
      expect(await ledger(client)).toEqual(await tags())
      expect(await tablesOf(client)).not.toContain('more')
    })
  })

  it('when an older dedicated database is refreshed, with the functions and only the new files', async () => {
    const url = await emptyDatabase('tenant')
    await applyAtOnce(url, 'dedicated', 1)
    more.files = [everywhere]
    await withConnection(url, async (client) => {
      await client.query(asOwnerSession)
      // the functions of an older build
      for (const { text } of await functionFiles(tenancy(), 'dedicated')) await client.query(text)
      await client.query(
        `create or replace function tenancy.lock_key(p_tenant uuid) returns bigint language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as 'select 1'`,
      )
      await recordDigest(client, 'functions', 'older')
      expect(await refreshEngine(tenancy(), client, 'dedicated')).toBe(true)
      expect(await ledger(client)).toEqual([...(await tags()), '0091_more', 'functions'])
      const tables = await tablesOf(client)
      expect(tables).toContain('more')
      expect(tables).not.toContain('more_in_main')
      const key = `select tenancy.lock_key('${alpha().tenantId}') as key`
      expect((await client.query(key)).rows).toEqual(await inAlpha(key))
      expect(await refreshEngine(tenancy(), client, 'dedicated')).toBe(false)
    })
  })
})

describe('on a fleet', () => {
  const later = `insert into tenancy.applied_migrations (schema, migration, sha256, breaking) values ('tenancy', '0099_later', 'x', null)`
  const takeBack = `delete from tenancy.applied_migrations where schema = 'tenancy' and migration = '0099_later'`
  const change = `update tenancy.applied_migrations set sha256 = 'z' || sha256 where schema = 'tenancy' and migration like '0%'`
  const changeBack = `update tenancy.applied_migrations set sha256 = substr(sha256, 2) where schema = 'tenancy' and migration like '0%' and sha256 like 'z%'`

  it('a changed file is refused by name, before anything is changed', async () => {
    await query(change)
    more.files = [everywhere]
    const run = runFleet(tenancy())
    await expect(run).rejects.toThrow(
      `migration ${await oldest()} was changed after it was applied to tenancy`,
    )
    await expect(run).rejects.toSatisfy((error) => MigrationChanged.is(error))
    await withConnection(adminUrl, async (client) =>
      expect(await tablesOf(client)).not.toContain('more'),
    )
    await query(changeBack)
  })

  it('a build that is older than the engine in the main database is refused', async () => {
    await query(later)
    const run = runFleet(tenancy())
    await expect(run).rejects.toThrow(
      `tenancy is at 0099_later but this build knows up to ${await newest()}; use a build with 0099_later or later`,
    )
    await expect(run).rejects.toSatisfy((error) => SchemaTooNew.is(error))
    // it may serve while the newer files are compatible
    await expect(assertBuildCompatible(tenancy())).resolves.toBeUndefined()
    await query(
      `update tenancy.applied_migrations set breaking = 'homes have moved' where migration = '0099_later'`,
    )
    await expect(assertBuildCompatible(tenancy())).rejects.toThrow(
      `tenancy is at 0099_later but this build knows up to ${await newest()} (which breaks it: homes have moved)`,
    )
    await query(takeBack)
  })

  it.each([
    [
      'changed',
      change,
      changeBack,
      async () => `migration ${await oldest()} was changed after it was applied to tenancy`,
    ],
    [
      'unknown',
      later,
      takeBack,
      async () => `tenancy is at 0099_later but this build knows up to ${await newest()}`,
    ],
  ])(
    'a file that is %s in one dedicated database is reported, and the others are migrated',
    async (_what, plant, remove, describeIt) => {
      const message = await describeIt()
      await inAlpha(plant)
      expect(await runFleet(tenancy())).toMatchObject({
        state: 'failed',
        failed: [
          {
            target: 'alpha',
            tenantId: alpha().tenantId,
            message: expect.stringContaining(message),
          },
        ],
      })
      const { targets } = await readStatus(tenancy())
      expect(targets.find(({ name }) => name === 'alpha')).toMatchObject({
        why: expect.stringContaining(message),
      })
      expect(targets.find(({ name }) => name === 'beta')).toMatchObject({ state: 'current' })
      await inAlpha(remove)
      expect(await runFleet(tenancy())).toMatchObject({ state: 'done', failed: [] })
    },
  )

  it('the main database receives all of a new file, dedicated databases only the part before the mark', async () => {
    more.files = [everywhere]
    expect(await runFleet(tenancy())).toMatchObject({ state: 'done', failed: [] })
    const parts = { main: mainDatabase, alpha: nth(homes, 0), beta: nth(homes, 1) }
    for (const [name, location] of Object.entries(parts))
      await asOwner(tenancy(), location, name, async (client) => {
        expect(await ledger(client)).toContain('0091_more')
        const tables = await tablesOf(client)
        expect(tables).toContain('more')
        expect(tables.includes('more_in_main')).toBe(name === 'main')
      })
    expect((await verifyFleet(tenancy())).drift).toEqual([])
  })
})
