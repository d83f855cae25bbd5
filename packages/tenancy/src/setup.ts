import pg from 'pg'
import { ConfigurationError } from '#tenancy/base/errors'
import { poolingOf } from '#tenancy/base/pooler'
import { assertDirectLogins, needsSessions } from '#tenancy/checks/direct-logins'
import { readSqlFile } from '#tenancy/base/files'
import { giveKey } from '#tenancy/base/signing-key'
import { loginPassword, logins, loginUrl, type Login, type Tenancy } from '#tenancy/base/tenancy'
import { withConnection, databaseOf, inDatabase } from '#tenancy/base/connect'
import { bringUpToDate } from '#tenancy/migrations/apply'
import { applyEngineMigrations } from '#tenancy/migrations/engine-migrations'
import { refreshEngine } from '#tenancy/migrations/functions'
import { refuseOldLayout } from '#tenancy/migrations/startup-check'
import { readHistories } from '#tenancy/migrations/history'
import { asOwnerSession } from '#tenancy/migrations/script'
import { lockNumbers } from '#tenancy/base/lock-keys'
import { harden, prepareServer } from '#tenancy/placements/prepare-server'

/**
 * Sets up the main server: database, roles, hardening, migrations, functions and grants. It can be
 * repeated at any time.
 * @param tenancy - The instance.
 * @param options.adminUrl - The URL of an administrator, which names the main database. The role has
 *   to be able to create roles and databases; only a superuser can revoke built-in functions.
 * @throws ConfigurationError for a URL that goes through a pooler and must not, ServerTooOld before PostgreSQL 15, OldLayout for a database of an older layout.
 */
export async function setup(tenancy: Tenancy, { adminUrl }: { adminUrl: string }): Promise<void> {
  if ((await poolingOf(inDatabase(adminUrl, 'postgres'))) === 'transaction')
    throw new ConfigurationError([`DATABASE_URL ${needsSessions}`])
  await createDatabase(adminUrl)
  await withConnection(adminUrl, refuseOldLayout)
  const missing = await missingPasswords(tenancy)
  if (!missing.worker && !missing.migrator) await assertDirectLogins(tenancy)
  await prepareServer(tenancy, adminUrl, missing)
  const histories = await readHistories(tenancy)
  await withConnection(adminUrl, async (admin) => {
    await admin.query('select pg_advisory_lock($1)', [lockNumbers.setup])
    await harden(admin)
    await admin.query(asOwnerSession)
    await applyEngineMigrations(admin, 'main')
    // the tenants' history calls tenancy.protect()
    for (const name of ['context', 'moves'])
      await admin.query(await readSqlFile('functions', `${name}.sql`))
    await giveKey(admin)
    await admin.query('create schema if not exists shared')
    await bringUpToDate(admin, 'platform', histories.platform)
    await bringUpToDate(admin, 'shared', histories.tenant)
    await refreshEngine(tenancy, admin, 'main')
    await admin.query('reset role')
    await admin.query(await readSqlFile('admin', 'logins.sql'))
  })
}

async function createDatabase(adminUrl: string): Promise<void> {
  const reachable = await withConnection(adminUrl, (client) => client.query('select')).then(
    () => true,
    (error: { code?: string }) => {
      if (error.code === '3D000') return false
      throw error
    },
  )
  if (reachable) return
  await withConnection(inDatabase(adminUrl, 'postgres'), (client) =>
    client.query(`create database ${pg.escapeIdentifier(databaseOf(adminUrl))}`),
  ).catch((error: { code?: string }) => {
    if (error.code !== '42P04') throw error // another setup has created it in the meantime
  })
}

/** Skips passwords that work already: setting them again would make concurrent setups conflict. */
async function missingPasswords(tenancy: Tenancy): Promise<Partial<Record<Login, string>>> {
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
