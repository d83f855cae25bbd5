import { createHash } from 'node:crypto'
import pg from 'pg'
import { readSqlFile } from '#tenancy/base/files'
import { type Login, type Tenancy } from '#tenancy/base/tenancy'
import { withConnection, inDatabase } from '#tenancy/base/connect'
import { lockNumbers } from '#tenancy/base/lock-keys'
import { ServerTooOld } from '#tenancy/placements/errors'
import { applyEngineMigrations, readEngineHistory } from '#tenancy/migrations/engine-migrations'
import { functionsOf, functionsRow } from '#tenancy/migrations/functions'
import { passwordToSend } from '#tenancy/placements/passwords'

/** The template of tenant databases: hardened, with the engine's objects, without a signing key. */
export const templateDatabase = 'rowhouse_template'

const oldest = 150_000

/**
 * Prepares a server for tenant databases: creates the engine's roles and the template database. Can
 * be repeated.
 * @param tenancy - The instance.
 * @param adminUrl - The URL of an administrator there.
 * @param passwords - The passwords to set; other logins keep theirs.
 * @throws ServerTooOld
 */
export async function prepareServer(
  tenancy: Tenancy,
  adminUrl: string,
  passwords: Partial<Record<Login, string>>,
): Promise<void> {
  // roles and the template belong to the whole server, but an advisory lock to one database: every
  // setup has to take it in the same one
  await withConnection(inDatabase(adminUrl, 'postgres'), async (admin) => {
    const { rows } = await admin.query<{ version: number; name: string }>(
      `select current_setting('server_version_num')::int as version, current_setting('server_version') as name`,
    )
    if (rows[0] && rows[0].version < oldest) throw new ServerTooOld(rows[0].name, '15')
    await admin.query('select pg_advisory_lock($1)', [lockNumbers.setup])
    await createRoles(tenancy, admin, passwords)
    await createTemplate(tenancy, admin, adminUrl)
    const { rowCount } = await admin.query(
      `select where has_database_privilege('rowhouse_migrator', 'postgres', 'connect')`,
    )
    if (rowCount === 0) await admin.query('grant connect on database postgres to rowhouse_migrator')
  })
}

async function createRoles(
  tenancy: Tenancy,
  admin: pg.Client,
  passwords: Partial<Record<Login, string>>,
): Promise<void> {
  await admin.query(await readSqlFile('admin', 'roles.sql'))
  for (const [login, password] of Object.entries(passwords))
    await admin.query(
      `alter role rowhouse_${login} password ${pg.escapeLiteral(passwordToSend(tenancy, admin, password))}`,
    )
}

/** Creates the template anew when its files have changed, so that it contains no old objects. */
async function createTemplate(tenancy: Tenancy, admin: pg.Client, adminUrl: string): Promise<void> {
  const functions = await functionsOf(tenancy, 'dedicated')
  const content = [
    await readSqlFile('admin', 'hardening.sql'),
    ...(await readEngineHistory()).map(({ text }) => text),
    functions.text,
    functionsRow(functions.sha256),
    await readSqlFile('admin', 'logins.sql'),
  ]
  const digest = createHash('sha256').update(content.join('\n')).digest('hex')
  const { rows } = await admin.query<{ digest: string | null }>(
    `select shobj_description(oid, 'pg_database') as digest from pg_catalog.pg_database where datname = $1`,
    [templateDatabase],
  )
  if (rows[0]?.digest === digest) return
  const draft = `${templateDatabase}_draft`
  await admin.query(`drop database if exists ${draft} with (force)`)
  await admin.query(`create database ${draft}`)
  await withConnection(inDatabase(adminUrl, draft), async (client) => {
    await harden(client)
    await client.query('set role rowhouse_owner')
    await applyEngineMigrations(client, 'dedicated')
    await client.query(`${functions.text};\n${functionsRow(functions.sha256)}`)
    await client.query('reset role')
    await client.query(await readSqlFile('admin', 'logins.sql'))
  })
  if (rows.length > 0) {
    await admin.query(`alter database ${templateDatabase} is_template false`)
    await admin.query(`drop database ${templateDatabase} with (force)`)
  }
  await admin.query(`alter database ${draft} rename to ${templateDatabase}`)
  await admin.query(`comment on database ${templateDatabase} is ${pg.escapeLiteral(digest)}`)
  await admin.query(`alter database ${templateDatabase} is_template true`)
}

/**
 * Revokes privileges of PUBLIC that a tenant's role could use against other tenants.
 * @param admin - A connection of the administrator.
 */
export async function harden(admin: pg.Client): Promise<void> {
  await admin.query(await readSqlFile('admin', 'hardening.sql'))
}
