import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { withDatabase } from '../environment.ts'

const run = promisify(execFile)

/** A backup in a folder: `roles.sql`, and a dump of each database in the custom format. */
export type Backup = { folder: string; databases: string[] }

/** Our roles. The administrator's own password must not be restored on another server. */
const ourRoles =
  /^(CREATE|ALTER) ROLE (rowhouse_\w+|t_[0-9a-f]{32})\b|^GRANT rowhouse_owner TO rowhouse_migrator\b/

/** Dumps the roles and every database with tenants, as a superuser. */
export async function dumpAll(bin: string, adminUrl: string, folder: string): Promise<Backup> {
  const databases = await query<{ name: string }>(
    adminUrl,
    `select datname as name from pg_database where datname = 'rowhouse' or datname ~ '^t_[0-9a-f]{32}$' order by datname`,
  )
  const roles = await run(join(bin, 'pg_dumpall'), ['--roles-only', '-d', adminUrl])
  writeFileSync(
    join(folder, 'roles.sql'),
    roles.stdout
      .split('\n')
      .filter((line) => ourRoles.test(line))
      .join('\n'),
  )
  for (const { name } of databases)
    await run(join(bin, 'pg_dump'), [
      '-Fc',
      '-f',
      dumpFile(folder, name),
      '-d',
      withDatabase(adminUrl, name),
    ])
  return { folder, databases: databases.map(({ name }) => name) }
}

/** Creates the roles of a backup, with their passwords. */
export const restoreRoles = (adminUrl: string, { folder }: Backup): Promise<unknown> =>
  query(adminUrl, readFileSync(join(folder, 'roles.sql'), 'utf8'))

/**
 * Restores every database with its rights and settings. Without the roles, `pg_restore` reports an error for
 * each right that it cannot grant.
 *
 * @returns The number of such errors.
 */
export async function restoreDatabases(
  bin: string,
  adminUrl: string,
  backup: Backup,
): Promise<number> {
  let errors = 0
  for (const name of backup.databases)
    await run(join(bin, 'pg_restore'), ['-C', '-d', adminUrl, dumpFile(backup.folder, name)]).catch(
      (error: { stderr?: string }) => {
        const lines = (error.stderr ?? '').split('\n').filter((line) => line.includes('error:'))
        const others = lines.filter((line) => !/role "\w+" does not exist/.test(line))
        if (others.length > 0) throw new Error(`pg_restore: ${others.join('\n')}`)
        errors += lines.length
      },
    )
  return errors
}

/**
 * Restores every database as an administrator who is no superuser, who then owns everything.
 *
 * @param adminUrl - The URL of the administrator.
 */
export async function restoreAsOwner(bin: string, adminUrl: string, backup: Backup): Promise<void> {
  for (const name of backup.databases) {
    await query(adminUrl, `create database ${pg.escapeIdentifier(name)}`)
    await run(join(bin, 'pg_restore'), [
      '--no-owner',
      '--no-acl',
      '-d',
      withDatabase(adminUrl, name),
      dumpFile(backup.folder, name),
    ])
  }
}

/** Creates an administrator who may create roles and databases. Returns the URL. */
export async function createAdministrator(adminUrl: string): Promise<string> {
  const url = new URL(adminUrl)
  url.username = 'administrator'
  url.password = randomBytes(18).toString('base64url')
  await query(
    adminUrl,
    `create role administrator login createrole createdb password ${pg.escapeLiteral(url.password)}; grant pg_monitor, pg_signal_backend to administrator`,
  )
  return url.toString()
}

const dumpFile = (folder: string, database: string) => join(folder, `${database}.dump`)

/** The number of rows of each tenant table, and a checksum of all of them, read as a superuser. */
export async function rowsOf(
  adminUrl: string,
  databases: string[],
): Promise<Record<string, string>> {
  const all: Record<string, string> = {}
  for (const name of databases) {
    const url = withDatabase(adminUrl, name)
    const tables = await query<{ name: string }>(
      url,
      `select oid::regclass::text as name from pg_class where relkind = 'r' and relnamespace in (select oid from pg_namespace where nspname in ('shared', 'platform') or nspname ~ '^t_') order by 1`,
    )
    for (const table of tables) {
      const [row] = await query<{ sum: string }>(
        url,
        `select count(*) || ' ' || coalesce(md5(string_agg(r::text, ',' order by r::text collate "C")), '') as sum from ${table.name} as r`,
      )
      all[`${name}.${table.name}`] = row?.sum ?? ''
    }
  }
  return all
}

async function query<T extends pg.QueryResultRow>(url: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<T>(text)).rows
  } finally {
    await client.end()
  }
}
