import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type pg from 'pg'
import { lockKey } from '#tenancy/base/lock-keys'
import { type Tenancy } from '#tenancy/base/tenancy'
import { withTransaction } from '#tenancy/base/with-transaction'
import { applyEngineMigrations, type DatabaseScope } from '#tenancy/migrations/engine-migrations'
import { omitSharedStatistics } from '#tenancy/migrations/script'
import { readEngineSql, runStatements, type SqlFile } from '#tenancy/migrations/sql-file'

const files = {
  dedicated: ['context', 'moves'],
  main: ['context', 'moves', 'registry', 'grants'],
} as const

/**
 * Lists the repeatable SQL files for one kind of database, in order: the engine's functions and
 * grants, and in the main database the app's files too.
 */
export async function functionFiles({ config }: Tenancy, scope: DatabaseScope): Promise<SqlFile[]> {
  const engineFiles = files[scope].map((name) => readEngineSql('functions', name))
  const app = scope === 'main' ? config.sqlFiles : []
  const appFiles = app.map(async (path) => ({ name: path, text: await readFile(path, 'utf8') }))
  return Promise.all([...engineFiles, ...appFiles])
}

/** Computes the digest of files for the ledger. */
export const digestOfFiles = (all: SqlFile[]): string =>
  createHash('sha256')
    .update(all.map(({ text }) => text).join('\n'))
    .digest('hex')

/** Computes the digest of the repeatable files for one kind of database. */
export const functionsDigest = async (tenancy: Tenancy, scope: DatabaseScope): Promise<string> =>
  digestOfFiles(await functionFiles(tenancy, scope))

/**
 * The entries of the ledger for files that are not migrations: `functions` for the files of the owner,
 * `admin` for those of the administrator.
 */
export type RepeatableFiles = 'functions' | 'admin'

/** Records in the ledger which version of the files a database has. */
export const recordDigest = (client: pg.ClientBase, files: RepeatableFiles, sha256: string) =>
  client.query(
    `insert into tenancy.applied_migrations (schema, migration, sha256) values ('tenancy', $1, $2)
     on conflict (schema, migration) do update set sha256 = excluded.sha256, applied_at = excluded.applied_at`,
    [files, sha256],
  )

/** Reads the ledger's digest of files; undefined if it has none. */
export async function recordedDigest(
  client: pg.ClientBase,
  files: RepeatableFiles,
): Promise<string | undefined> {
  const { rows } = await client.query<{ sha256: string }>(
    `select sha256 from tenancy.applied_migrations where schema = 'tenancy' and migration = $1`,
    [files],
  )
  return rows[0]?.sha256
}

/**
 * Updates the engine in one database to this build: applies its migrations, then replaces functions
 * and grants if their digest has changed.
 * @param client - A connection that acts as the owner.
 * @returns True if anything was changed.
 */
export async function refreshEngine(
  tenancy: Tenancy,
  client: pg.Client,
  scope: DatabaseScope,
): Promise<boolean> {
  const migrated = await applyEngineMigrations(client, scope)
  const all = await functionFiles(tenancy, scope)
  const sha256 = digestOfFiles(all)
  if ((await recordedDigest(client, 'functions')) === sha256) return migrated.length > 0
  await withTransaction(client, async () => {
    await client.query(`select pg_advisory_xact_lock(${lockKey('target', 'tenancy')})`)
    await client.query('set local search_path = pg_catalog, pg_temp')
    for (const file of all) await runStatements(client, file)
    if (scope === 'main') await client.query(omitSharedStatistics)
    await recordDigest(client, 'functions', sha256)
  })
  return true
}
