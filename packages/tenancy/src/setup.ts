import pg from 'pg'
import { withConnection, databaseOf, inDatabase } from '#tenancy/base/connect'
import { ConfigurationError } from '#tenancy/base/errors'
import { lockNumbers } from '#tenancy/base/lock-keys'
import { poolingOf } from '#tenancy/base/pooler'
import { giveKey } from '#tenancy/base/signing-key'
import { loginPassword, logins, loginUrl, type Login, type Tenancy } from '#tenancy/base/tenancy'
import { assertDirectLogins, needsSessions } from '#tenancy/checks/direct-logins'
import { hasAdminFiles } from '#tenancy/migrations/admin-files'
import { bringUpToDate } from '#tenancy/migrations/apply'
import { asOwner, mainDatabase } from '#tenancy/migrations/connections'
import { applyEngineMigrations } from '#tenancy/migrations/engine-migrations'
import { functionFiles, refreshEngine } from '#tenancy/migrations/functions'
import { readHistories } from '#tenancy/migrations/history'
import { recordProfile, type Hardening, type Profile } from '#tenancy/migrations/profile'
import { readEngineSql, runSqlFile } from '#tenancy/migrations/sql-file'
import { refuseOldLayout } from '#tenancy/migrations/startup-check'
import { prepareDatabase, prepareServer } from '#tenancy/placements/prepare-server'
import { useServer } from '#tenancy/placements/servers'

type SetupOptions = {
  /**
   * The URL of an administrator, who has to be able to create roles and databases. Only a superuser can
   * revoke built-in functions.
   */
  adminUrl: string
  /** Declares the profile of every database on the server; by default, each keeps its own. */
  profile?: Profile | undefined
}

/** What setup did. */
export type SetupReport = {
  /** The databases that were set up, with what could not be revoked there. */
  databases: Hardening[]
  /** The dedicated databases that could not be updated, with the error. */
  failed: { database: string; error: unknown }[]
}

/**
 * Sets up the main server: database, roles, hardening, migrations, functions and grants. Also updates
 * the dedicated databases there. It can be repeated at any time.
 * @param tenancy - The instance.
 * @param options - The URL names the main database.
 * @returns The databases, and those that could not be updated.
 * @throws ConfigurationError for a URL that goes through a pooler and must not, ServerTooOld before
 *   PostgreSQL 15, OldLayout for a database of an older layout, SqlFileFailed for a privilege that the
 *   administrator lacks, or HardeningIncomplete.
 */
export async function setup(
  tenancy: Tenancy,
  { adminUrl, profile }: SetupOptions,
): Promise<SetupReport> {
  // another administrator than the first may connect only after becoming a member of our roles
  const mayConnect = await createDatabase(adminUrl)
  const other = databaseOf(adminUrl) === 'postgres' ? 'template1' : 'postgres'
  const reachable = mayConnect ? adminUrl : inDatabase(adminUrl, other)
  if ((await poolingOf(reachable)) === 'transaction')
    throw new ConfigurationError([`DATABASE_URL ${needsSessions}`])
  if (mayConnect) await withConnection(adminUrl, refuseOldLayout)
  const passwords = await missingPasswords(tenancy)
  if (!passwords.worker && !passwords.migrator) await assertDirectLogins(tenancy)
  // prepareServer connects to `postgres`, so if that is the main database, the missing grants are named here
  if (!mayConnect && other === 'template1')
    await withConnection(reachable, async (admin) =>
      runSqlFile(admin, await readEngineSql('admin', 'roles')),
    )
  await prepareServer(tenancy, adminUrl, { passwords, profile })
  const main = await withConnection(adminUrl, async (admin) => {
    if (!mayConnect) await refuseOldLayout(admin)
    await admin.query('select pg_advisory_lock($1)', [lockNumbers.setup])
    return prepareDatabase(admin, () => installMain(tenancy, admin), profile)
  })
  const { databases, failed } = await updateDedicatedDatabases(tenancy, { adminUrl, profile }, null)
  return { databases: [main, ...databases], failed }
}

/**
 * Prepares another server for dedicated databases, registers it unless it is registered, and updates
 * the dedicated databases there. It can be repeated at any time.
 * @param tenancy - The instance.
 * @param options - The URL of an administrator of that server.
 * @returns The databases, and those that could not be updated.
 * @throws As `inspectServer` and `setup` do.
 */
export async function setupServer(
  tenancy: Tenancy,
  { adminUrl, profile }: SetupOptions,
): Promise<SetupReport> {
  const server = await useServer(tenancy, adminUrl, profile)
  return updateDedicatedDatabases(tenancy, { adminUrl, profile }, server?.id ?? null)
}

async function installMain(tenancy: Tenancy, owner: pg.Client): Promise<void> {
  const histories = await readHistories(tenancy)
  await applyEngineMigrations(owner, 'main')
  // the tenants' history calls tenancy.protect()
  for (const file of await functionFiles(tenancy, 'dedicated')) await runSqlFile(owner, file)
  await giveKey(owner)
  await owner.query('create schema if not exists shared')
  await bringUpToDate(owner, 'platform', histories.platform)
  await bringUpToDate(owner, 'shared', histories.tenant)
  await refreshEngine(tenancy, owner, 'main')
}

/** Updates the dedicated databases of one server, one after the other. `serverId` is null for main. */
async function updateDedicatedDatabases(
  tenancy: Tenancy,
  { adminUrl, profile }: SetupOptions,
  serverId: string | null,
): Promise<SetupReport> {
  const { rows } = await asOwner(tenancy, mainDatabase, 'the main database', (client) =>
    client.query<{ database: string }>(
      `select database from tenancy.placements
       where database is not null and server_id is not distinct from $1 order by database`,
      [serverId],
    ),
  )
  const report: SetupReport = { databases: [], failed: [] }
  for (const { database } of rows)
    try {
      const hardening = await withConnection(inDatabase(adminUrl, database), async (admin) => {
        if (await hasAdminFiles(admin)) return recordProfile(admin, profile)
        const install = async () => {
          await refreshEngine(tenancy, admin, 'dedicated')
          await giveKey(admin)
        }
        return prepareDatabase(admin, install, profile)
      })
      report.databases.push(hardening)
    } catch (error) {
      report.failed.push({ database, error })
    }
  return report
}

/** Creates the main database unless it exists. Returns whether the administrator may connect to it. */
async function createDatabase(adminUrl: string): Promise<boolean> {
  const refusal = await withConnection(adminUrl, (client) => client.query('select')).then(
    () => null,
    (error: { code?: string }) => {
      if (error.code === '3D000' || error.code === '42501') return error.code
      throw error
    },
  )
  if (refusal !== '3D000') return refusal === null
  await withConnection(inDatabase(adminUrl, 'postgres'), (client) =>
    client.query(`create database ${pg.escapeIdentifier(databaseOf(adminUrl))}`),
  ).catch((error: { code?: string }) => {
    if (error.code !== '42P04') throw error // another setup has created it in the meantime
  })
  return true
}

/**
 * Finds the logins that cannot connect. Passwords that work are not set again, which would make
 * concurrent setups conflict.
 * @param tenancy - The instance.
 * @returns The passwords to set.
 */
export async function missingPasswords(tenancy: Tenancy): Promise<Partial<Record<Login, string>>> {
  const works = (login: Login) =>
    withConnection(loginUrl(tenancy, login), (client) => client.query('select')).then(
      () => true,
      () => false,
    )
  const missing = await Promise.all(
    logins.map(async (login) =>
      (await works(login)) ? [] : [[login, loginPassword(tenancy, login)]],
    ),
  )
  return Object.fromEntries(missing.flat())
}
