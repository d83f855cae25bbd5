import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type pg from 'pg'
import { rollBack } from '#tenancy/base/with-transaction'
import { readSqlFile } from '#tenancy/base/files'
import { type Tenancy } from '#tenancy/base/tenancy'
import { applyEngineMigrations, type DatabaseScope } from '#tenancy/migrations/engine-migrations'

const files = {
  dedicated: ['context', 'moves'],
  main: ['context', 'moves', 'registry', 'grants'],
} as const

/**
 * Lists the repeatable SQL files for one kind of database, in order: the engine's functions and
 * grants, and in the main database the app's files too.
 */
export async function functionFiles(
  { config }: Tenancy,
  scope: DatabaseScope,
): Promise<{ name: string; text: string }[]> {
  const engineFiles = files[scope].map(async (name) => ({
    name,
    text: await readSqlFile('functions', `${name}.sql`),
  }))
  const app = scope === 'main' ? config.sqlFiles : []
  const appFiles = app.map(async (path) => ({ name: path, text: await readFile(path, 'utf8') }))
  return Promise.all([...engineFiles, ...appFiles])
}

/** Reads the text of those files and computes their digest for the ledger. */
export async function functionsOf(
  tenancy: Tenancy,
  scope: DatabaseScope,
): Promise<{ text: string; sha256: string }> {
  const text = (await functionFiles(tenancy, scope)).map((file) => file.text).join('\n')
  return { text, sha256: createHash('sha256').update(text).digest('hex') }
}

/** The SQL that records those files in the ledger. */
export const functionsRow = (sha256: string) => `
  insert into tenancy.applied_migrations (schema, migration, sha256) values ('tenancy', 'functions', '${sha256}')
  on conflict (schema, migration) do update set sha256 = excluded.sha256, applied_at = excluded.applied_at`

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
  const { text, sha256 } = await functionsOf(tenancy, scope)
  const { rowCount } = await client.query(
    `select from tenancy.applied_migrations where schema = 'tenancy' and migration = 'functions' and sha256 = $1`,
    [sha256],
  )
  if (rowCount === 1) return migrated.length > 0
  try {
    await client.query(
      `begin; select pg_advisory_xact_lock(tenancy.target_key('tenancy')); set local search_path = pg_catalog, pg_temp;\n${text};\n${functionsRow(sha256)};\n commit`,
    )
  } catch (error) {
    await rollBack(client)
    throw error
  }
  return true
}
