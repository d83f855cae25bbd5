import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'

/**
 * The files of db/sql that the owner runs: in every database that holds tenants, and in the main
 * one behind the platform's tables.
 */
export const inEveryDatabase = ['tenancy', 'capture'] as const
export const behindPlatform = ['tenancy-main', 'tenancy-keys', 'tenancy-support', 'grants'] as const
export const inMainDatabase = [...inEveryDatabase, ...behindPlatform] as const
type SqlFile = (typeof inMainDatabase)[number] | 'logins' | 'roles' | 'hardening'

export const readSql = (name: SqlFile) =>
  readFile(join(process.cwd(), 'db', 'sql', `${name}.sql`), 'utf8')

/** The text of SQL files, and the digest under which the ledger knows them. */
export async function functionsOf(
  names: readonly SqlFile[],
): Promise<{ text: string; sha256: string }> {
  const text = (await Promise.all(names.map(readSql))).join('\n')
  return { text, sha256: createHash('sha256').update(text).digest('hex') }
}

/** The ledger's row for them. */
export const noted = (sha256: string) => `
  insert into tenancy.applied (schema, migration, sha256) values ('tenancy', 'functions', '${sha256}')
  on conflict (schema, migration) do update set sha256 = excluded.sha256, applied_at = excluded.applied_at`

/**
 * Brings the functions and grants of one database to what this build has, when they are not. They
 * are no migrations: each file can be run again as a whole. In: a connection that acts as the
 * owner. Out: whether anything was done.
 */
export async function refreshFunctions(
  client: pg.Client,
  names: readonly SqlFile[],
): Promise<boolean> {
  const { text, sha256 } = await functionsOf(names)
  const { rowCount } = await client.query(
    `select from tenancy.applied where schema = 'tenancy' and migration = 'functions' and sha256 = $1`,
    [sha256],
  )
  if (rowCount === 1) return false
  try {
    await client.query(
      `begin; select pg_advisory_xact_lock(tenancy.target_key('tenancy')); set local search_path = pg_catalog, pg_temp;\n${text};\n${noted(sha256)};\n commit`,
    )
  } catch (error) {
    await client.query('rollback').catch(() => {}) // the connection is gone
    throw error
  }
  return true
}
