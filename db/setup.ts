import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { loginPassword, logins, loginUrl } from '#db/env'
import { bringUpToDate, ledgerSql } from '#db/fleet/apply'
import { readHistory } from '#db/fleet/history'
import { scramVerifier } from '#db/secrets'

/** The database that new tenant databases are copied from: hardened, with the tenancy functions, without a key. */
export const templateDatabase = 'rowhouse_template'

const oneAtATime = 7236114
const sqlFile = (name: string) => readFile(join(process.cwd(), 'db', 'sql', `${name}.sql`), 'utf8')

/**
 * Makes everything on a server, and may be run again at any time: database, roles, hardening, functions, migrations, grants.
 * In: the URL of an administrator, which names the main database. Needs PostgreSQL 15 or later and a role that may create
 * roles and databases; revoking built-in functions needs a superuser.
 */
export async function setup({ adminUrl }: { adminUrl: string }): Promise<void> {
  await makeDatabase(adminUrl)
  await as(adminUrl, async (admin) => {
    await admin.query('select pg_advisory_lock($1)', [oneAtATime])
    await makeRoles(admin)
    await makeTemplate(admin, adminUrl)
    await harden(admin)
    await admin.query('set role rowhouse_owner')
    await installTenancy(admin)
    await admin.query('create schema if not exists shared')
    await bringUpToDate(admin, 'platform', await readHistory('platform'))
    await bringUpToDate(admin, 'shared', await readHistory('tenant'))
    await admin.query(await sqlFile('tenancy-main'))
    await admin.query(await sqlFile('grants'))
  })
}

async function makeDatabase(adminUrl: string): Promise<void> {
  const name = databaseOf(adminUrl)
  const reachable = await as(adminUrl, (client) => client.query('select')).then(() => true, (error: { code?: string }) => {
    if (error.code === '3D000') return false
    throw error
  })
  if (reachable) return
  await as(inDatabase(adminUrl, 'postgres'), (client) => client.query(`create database ${pg.escapeIdentifier(name)}`))
}

async function makeRoles(admin: pg.Client): Promise<void> {
  await admin.query(await sqlFile('roles'))
  for (const login of logins) {
    if (await canLogIn(loginUrl(login))) continue
    await admin.query(`alter role rowhouse_${login} password ${pg.escapeLiteral(scramVerifier(loginPassword(login)))}`)
  }
  const { rows } = await admin.query<{ me: string; super: boolean }>('select rolname as me, rolsuper as super from pg_catalog.pg_roles where rolname = current_user')
  if (rows[0] && !rows[0].super) await admin.query(`grant rowhouse_owner to ${pg.escapeIdentifier(rows[0].me)}`)
}

/** A password that works is left alone: setting it again would only make concurrent set-ups clash. */
const canLogIn = (url: string) => as(url, (client) => client.query('select')).then(() => true, () => false)

async function makeTemplate(admin: pg.Client, adminUrl: string): Promise<void> {
  const { rowCount } = await admin.query('select from pg_catalog.pg_database where datname = $1', [templateDatabase])
  if (rowCount === 0) await admin.query(`create database ${templateDatabase} is_template true`)
  const content = (await Promise.all(['hardening', 'tenancy'].map(sqlFile))).join('\n')
  const digest = createHash('sha256').update(content).digest('hex')
  const { rows } = await admin.query<{ digest: string | null }>(`select shobj_description(oid, 'pg_database') as digest from pg_catalog.pg_database where datname = $1`, [templateDatabase])
  if (rows[0]?.digest === digest) return
  await as(inDatabase(adminUrl, templateDatabase), async (client) => {
    await harden(client)
    await client.query('set role rowhouse_owner')
    await client.query(await sqlFile('tenancy'))
    await client.query(ledgerSql)
  })
  await admin.query(`comment on database ${templateDatabase} is ${pg.escapeLiteral(digest)}`)
}

async function harden(admin: pg.Client): Promise<void> {
  const name = pg.escapeIdentifier(databaseOf(admin))
  await admin.query(`
    revoke all on database ${name} from public;
    grant create on database ${name} to rowhouse_owner;
    grant connect on database ${name} to rowhouse_migrator, rowhouse_platform, rowhouse_tenant, rowhouse_worker`)
  await admin.query(await sqlFile('hardening'))
}

async function installTenancy(owner: pg.Client): Promise<void> {
  await owner.query(await sqlFile('tenancy'))
  await owner.query(ledgerSql)
  await giveKey(owner)
}

/** Each database signs with a key of its own, which only the owner of the functions can read. */
export async function giveKey(owner: pg.ClientBase): Promise<void> {
  const key = Buffer.concat([randomBytes(32), Buffer.alloc(32)])
  const pad = (byte: number) => Buffer.from(key.map((value) => value ^ byte))
  await owner.query('insert into tenancy.key (inner_pad, outer_pad) values ($1, $2) on conflict do nothing', [pad(0x36), pad(0x5c)])
}

const databaseOf = (where: string | pg.Client) => (typeof where === 'string' ? decodeURIComponent(new URL(where).pathname.slice(1)) : (where.database ?? ''))

function inDatabase(url: string, database: string): string {
  const other = new URL(url)
  other.pathname = `/${encodeURIComponent(database)}`
  return other.toString()
}

async function as<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'rowhouse setup' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
