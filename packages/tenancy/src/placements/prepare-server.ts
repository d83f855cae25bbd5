import { createHash } from 'node:crypto'
import pg from 'pg'
import { type Login, type Tenancy } from '#tenancy/base/tenancy'
import { withConnection, inDatabase } from '#tenancy/base/connect'
import { lockNumbers } from '#tenancy/base/lock-keys'
import {
  adminDigest,
  hasAdminFiles,
  harden,
  installAdminFunctions,
} from '#tenancy/migrations/admin-files'
import { readEngineHistory } from '#tenancy/migrations/engine-migrations'
import { functionsDigest, refreshEngine } from '#tenancy/migrations/functions'
import { recordProfile, type Hardening, type Profile } from '#tenancy/migrations/profile'
import { asOwnerSession } from '#tenancy/migrations/script'
import { readEngineSql, runSqlFile } from '#tenancy/migrations/sql-file'
import { ServerTooOld } from '#tenancy/placements/errors'
import { passwordToSend } from '#tenancy/placements/passwords'

/** The template of tenant databases: hardened, with the engine's objects, without a signing key. */
export const templateDatabase = 'rowhouse_template'

const oldest = 150_000

type PrepareOptions = {
  /** The passwords to set; other logins keep theirs. */
  passwords?: Partial<Record<Login, string>>
  /** Declares the profile of the template, and so of new databases. */
  profile?: Profile | undefined
}

/**
 * Prepares a server for tenant databases: creates the engine's roles and the template database. Can
 * be repeated.
 * @param tenancy - The instance.
 * @param adminUrl - The URL of an administrator there.
 * @throws ServerTooOld, SqlFileFailed, or HardeningIncomplete if functions are open that the declared
 *   profile forbids.
 */
export async function prepareServer(
  tenancy: Tenancy,
  adminUrl: string,
  { passwords = {}, profile }: PrepareOptions,
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
    await createTemplate(tenancy, admin, { adminUrl, profile })
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
  await runSqlFile(admin, await readEngineSql('admin', 'roles'))
  for (const [login, password] of Object.entries(passwords))
    await admin.query(
      `alter role rowhouse_${login} password ${pg.escapeLiteral(passwordToSend(tenancy, admin, password))}`,
    )
}

/**
 * Creates the template anew when its files have changed, so that it contains no old objects, or when
 * another administrator owns its functions.
 */
async function createTemplate(
  tenancy: Tenancy,
  admin: pg.Client,
  { adminUrl, profile }: { adminUrl: string; profile: Profile | undefined },
): Promise<void> {
  const content = [
    await adminDigest(),
    ...(await readEngineHistory()).map(({ sha256 }) => sha256),
    await functionsDigest(tenancy, 'dedicated'),
  ]
  const digest = createHash('sha256').update(content.join('\n')).digest('hex')
  const { rows } = await admin.query<{ digest: string | null }>(
    `select shobj_description(oid, 'pg_database') as digest from pg_catalog.pg_database where datname = $1`,
    [templateDatabase],
  )
  const templateUrl = inDatabase(adminUrl, templateDatabase)
  if (rows[0]?.digest === digest && (await withConnection(templateUrl, hasAdminFiles))) {
    if (profile) await withConnection(templateUrl, (client) => recordProfile(client, profile))
    return
  }
  const declared = profile ?? (rows.length > 0 ? await profileOf(templateUrl) : undefined)
  const draft = `${templateDatabase}_draft`
  await dropDatabase(admin, draft)
  await admin.query(`create database ${draft}`)
  await withConnection(inDatabase(adminUrl, draft), (client) =>
    prepareDatabase(client, () => refreshEngine(tenancy, client, 'dedicated'), declared),
  )
  // not earlier: on 15, a member of the owner has no privileges of pg_database_owner, which owns the schema public
  await admin.query(`alter database ${draft} owner to rowhouse_owner`)
  if (rows.length > 0) {
    await admin.query(`alter database ${templateDatabase} is_template false`)
    await dropDatabase(admin, templateDatabase)
  }
  await admin.query(`alter database ${draft} rename to ${templateDatabase}`)
  await admin.query(`comment on database ${templateDatabase} is ${pg.escapeLiteral(digest)}`)
  await admin.query(`alter database ${templateDatabase} is_template true`)
}

/** `force` fails if the administrator may not end every session, so only superusers use it. */
async function dropDatabase(admin: pg.Client, name: string): Promise<void> {
  const { rows } = await admin.query<{ superuser: boolean }>(
    'select rolsuper as superuser from pg_catalog.pg_roles where rolname = current_user',
  )
  await admin.query(`drop database if exists ${name} ${rows[0]?.superuser ? 'with (force)' : ''}`)
}

/** The profile that an older template has; undefined before profiles existed. */
const profileOf = (url: string): Promise<Profile | undefined> =>
  withConnection(url, async (client) => {
    const there = await client.query(`select where to_regclass('tenancy.installation') is not null`)
    if (there.rowCount === 0) return undefined
    const { rows } = await client.query<{ profile: Profile }>(
      'select profile from tenancy.installation',
    )
    return rows[0]?.profile
  })

/**
 * Installs everything that a database with tenants needs, as the administrator and as the owner. Can
 * be repeated.
 * @param admin - A connection of the administrator.
 * @param installEngine - Installs the engine. While it runs, the connection acts as the owner.
 * @param profile - Declares the profile; by default, the recorded one is kept.
 * @returns What could be hardened.
 */
export async function prepareDatabase(
  admin: pg.Client,
  installEngine: () => Promise<unknown>,
  profile?: Profile,
): Promise<Hardening> {
  await harden(admin)
  await admin.query(asOwnerSession)
  await installEngine()
  await admin.query('reset role')
  await installAdminFunctions(admin)
  return recordProfile(admin, profile)
}
