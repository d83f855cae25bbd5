import { createHash, randomBytes } from 'node:crypto'
import pg from 'pg'
import { connected, databaseOf, inDatabase } from '#db/connect'
import { loginPassword, logins, loginUrl, type Login } from '#db/env'
import { ServerTooOld } from '#db/errors'
import { bringUpToDate } from '#db/fleet/apply'
import {
  behindPlatform,
  functionsOf,
  inEveryDatabase,
  inMainDatabase,
  noted,
  readSql,
} from '#db/fleet/functions'
import { readHistory } from '#db/fleet/history'
import { asOwnerSession } from '#db/fleet/script'
import { makeQueues } from '#db/jobs/queue'
import { scramVerifier } from '#db/secrets'

/**
 * The database that new tenant databases are copied from: hardened, with the tenancy functions,
 * without a key.
 */
export const templateDatabase = 'rowhouse_template'

const oneAtATime = 7236114
const oldest = 150_000

/**
 * Makes everything on the main server, and may be run again at any time: database, roles,
 * hardening, functions, migrations, grants. In: the URL of an administrator, which names the main
 * database. Needs PostgreSQL 15 or later and a role that may create roles and databases; revoking
 * built-in functions needs a superuser. Throws ServerTooOld.
 */
export async function setup({ adminUrl }: { adminUrl: string }): Promise<void> {
  await makeDatabase(adminUrl)
  const passwords = await missingPasswords()
  await prepareServer(adminUrl, passwords)
  await connected(adminUrl, async (admin) => {
    await admin.query('select pg_advisory_lock($1)', [oneAtATime])
    await harden(admin)
    await admin.query(asOwnerSession)
    for (const name of inEveryDatabase) await admin.query(await readSql(name))
    await giveKey(admin)
    await admin.query('create schema if not exists shared')
    await bringUpToDate(admin, 'platform', await readHistory('platform'))
    await bringUpToDate(admin, 'shared', await readHistory('tenant'))
    for (const name of behindPlatform) await admin.query(await readSql(name))
    await admin.query(noted((await functionsOf(inMainDatabase)).sha256))
    await makeQueues(admin)
    await admin.query('reset role')
    await admin.query(await readSql('logins'))
  })
}

/**
 * Makes a server ready to hold tenant databases: our roles, with the passwords given, and the
 * template. Idempotent. In: an administrator's URL there. Throws ServerTooOld.
 */
export async function prepareServer(
  adminUrl: string,
  passwords: Partial<Record<Login, string>>,
): Promise<void> {
  // roles and the template are the whole server's, and a lock counts in one database only:
  // everybody takes it in the same one
  await connected(inDatabase(adminUrl, 'postgres'), async (admin) => {
    const { rows } = await admin.query<{ version: number; name: string }>(
      `select current_setting('server_version_num')::int as version, current_setting('server_version') as name`,
    )
    if (rows[0] && rows[0].version < oldest) throw new ServerTooOld(rows[0].name, '15')
    await admin.query('select pg_advisory_lock($1)', [oneAtATime])
    await makeRoles(admin, passwords)
    await makeTemplate(admin, adminUrl)
    await admin.query('grant connect on database postgres to rowhouse_migrator')
  })
}

async function makeDatabase(adminUrl: string): Promise<void> {
  const reachable = await connected(adminUrl, (client) => client.query('select')).then(
    () => true,
    (error: { code?: string }) => {
      if (error.code === '3D000') return false
      throw error
    },
  )
  if (reachable) return
  await connected(inDatabase(adminUrl, 'postgres'), (client) =>
    client.query(`create database ${pg.escapeIdentifier(databaseOf(adminUrl))}`),
  ).catch((error: { code?: string }) => {
    if (error.code !== '42P04') throw error // somebody else has just made it
  })
}

/**
 * A password that works is left alone: setting it again would only make concurrent set-ups clash.
 */
async function missingPasswords(): Promise<Partial<Record<Login, string>>> {
  const works = (login: Login) =>
    connected(loginUrl(login), (client) => client.query('select')).then(
      () => true,
      () => false,
    )
  const missing = await Promise.all(
    logins.map(async (login) => ((await works(login)) ? [] : [[login, loginPassword(login)]])),
  )
  return Object.fromEntries(missing.flat())
}

async function makeRoles(
  admin: pg.Client,
  passwords: Partial<Record<Login, string>>,
): Promise<void> {
  await admin.query(await readSql('roles'))
  for (const [login, password] of Object.entries(passwords))
    await admin.query(
      `alter role rowhouse_${login} password ${pg.escapeLiteral(scramVerifier(password))}`,
    )
  const { rows } = await admin.query<{ me: string; super: boolean }>(
    'select rolname as me, rolsuper as super from pg_catalog.pg_roles where rolname = current_user',
  )
  if (rows[0] && !rows[0].super)
    await admin.query(`grant rowhouse_owner to ${pg.escapeIdentifier(rows[0].me)}`)
}

/**
 * Made anew whenever its files change: what an older release left in it would be in every new
 * tenant database.
 */
async function makeTemplate(admin: pg.Client, adminUrl: string): Promise<void> {
  const functions = await functionsOf(inEveryDatabase)
  const content = [
    await readSql('hardening'),
    functions.text,
    noted(functions.sha256),
    await readSql('logins'),
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
  await connected(inDatabase(adminUrl, draft), async (client) => {
    await harden(client)
    await client.query('set role rowhouse_owner')
    await client.query(`${functions.text};\n${noted(functions.sha256)}`)
    await client.query('reset role')
    await client.query(await readSql('logins'))
  })
  if (rows.length > 0) {
    await admin.query(`alter database ${templateDatabase} is_template false`)
    await admin.query(`drop database ${templateDatabase} with (force)`)
  }
  await admin.query(`alter database ${draft} rename to ${templateDatabase}`)
  await admin.query(`comment on database ${templateDatabase} is ${pg.escapeLiteral(digest)}`)
  await admin.query(`alter database ${templateDatabase} is_template true`)
}

async function harden(admin: pg.Client): Promise<void> {
  const name = pg.escapeIdentifier(admin.database ?? '')
  await admin.query(`
    revoke all on database ${name} from public;
    grant create on database ${name} to rowhouse_owner;
    grant connect on database ${name} to rowhouse_migrator, rowhouse_platform, rowhouse_tenant, rowhouse_worker;
    grant temporary on database ${name} to rowhouse_worker`)
  await admin.query(await readSql('hardening'))
}

/**
 * Each database signs with a key of its own, which only the owner of the functions can read. In: a
 * connection as that owner.
 */
export async function giveKey(owner: pg.ClientBase): Promise<void> {
  const key = Buffer.concat([randomBytes(32), Buffer.alloc(32)])
  const pad = (byte: number) => Buffer.from(key.map((value) => value ^ byte))
  await owner.query(
    'insert into tenancy.key (inner_pad, outer_pad) values ($1, $2) on conflict do nothing',
    [pad(0x36), pad(0x5c)],
  )
}
