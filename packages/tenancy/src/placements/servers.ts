import { randomBytes } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import type pg from 'pg'
import { withConnection, databaseOf } from '#tenancy/base/connect'
import { usernameFormatOf } from '#tenancy/base/login-urls'
import { poolingOf } from '#tenancy/base/pooler'
import { codeOf } from '#tenancy/base/transient-errors'
import { withTransaction } from '#tenancy/base/with-transaction'
import { loginUrl, type Tenancy } from '#tenancy/base/tenancy'
import { Invalid } from '#tenancy/base/errors'
import { ServerTooOld, ServerUnusable } from '#tenancy/placements/errors'
import { newId } from '#tenancy/base/ids'
import { platform, readServer, serviceUrl, type Server } from '#tenancy/registry/placements'
import { servers } from '#tenancy/base/schema'
import { encrypt, newSecret } from '#tenancy/base/encryption'
import type { Profile } from '#tenancy/migrations/profile'
import { prepareServer } from '#tenancy/placements/prepare-server'

/** A server as `inspectServer` found it. */
export type ServerFacts = {
  host: string
  port: number
  version: string
  /** Whether it is the main server, perhaps under another address. */
  isMain: boolean
}

/** What is stored of a server, besides its address and passwords. */
type Access = Pick<Server, 'urlParameters' | 'usernameFormat'>

/**
 * Inspects a server for tenant databases. Changes nothing.
 * @param tenancy - The instance.
 * @param adminUrl - The URL of an administrator there.
 * @returns Its address and version.
 * @throws Invalid for a malformed URL, ServerTooOld, or ServerUnusable when it does not answer, is a
 *   replica or a copy of the main server, or the role lacks privileges.
 */
export async function inspectServer(tenancy: Tenancy, adminUrl: string): Promise<ServerFacts> {
  const { access: _, ...facts } = await inspect(tenancy, adminUrl)
  return facts
}

async function inspect(
  tenancy: Tenancy,
  adminUrl: string,
): Promise<ServerFacts & { access: Access }> {
  const { host, port, url } = parseAdminUrl(adminUrl)
  const unusable = (why: string) => new ServerUnusable(`${host}:${port}`, why)
  const pooling = await poolingOf(adminUrl).catch((error: Error) => {
    throw unusable(`the connection failed (${error.message})`)
  })
  if (pooling === 'transaction')
    throw unusable(
      'the URL goes through a pooler in transaction mode; use the address of PostgreSQL itself',
    )
  return withConnection(adminUrl, async (admin) => {
    const {
      rows: [found],
    } = await admin.query<{
      version: string
      number: number
      enough: boolean
      role: string
      replica: boolean
    }>(`
      select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
        rolsuper or (rolcreaterole and rolcreatedb) as enough, rolname as role, pg_is_in_recovery() as replica
      from pg_catalog.pg_roles where rolname = session_user`)
    if (!found) throw unusable('its login is not listed in pg_roles')
    if (found.number < 150_000) throw new ServerTooOld(found.version, '15')
    if (found.replica)
      throw unusable('it is a replica, which accepts no changes; use the address of its primary')
    if (!found.enough)
      throw unusable('the role may not create roles and databases; use the URL of an administrator')
    return {
      host,
      port,
      version: found.version,
      isMain: await isMainServer(tenancy, admin, unusable),
      access: {
        urlParameters: parametersOf(url),
        usernameFormat: usernameFormatOf(url, found.role),
      },
    }
  })
}

/**
 * Prepares a server for tenant databases, and registers it unless it is registered already. The
 * parameters of the URL are stored, for all connections to the server.
 * @param tenancy - The instance.
 * @param adminUrl - The URL of an administrator there.
 * @param profile - Declares the profile of new databases there.
 * @returns Its id and how to reach it; null for the main server.
 * @throws As `inspectServer` does, also for a copy of a registered server.
 */
export async function useServer(
  tenancy: Tenancy,
  adminUrl: string,
  profile?: Profile,
): Promise<{ id: string; server: Server } | null> {
  const { host, port, isMain, access } = await inspect(tenancy, adminUrl)
  if (isMain) return null
  const [known] = await platform(tenancy)
    .update(servers)
    .set(access)
    .where(and(eq(servers.host, host), eq(servers.port, port)))
    .returning()
  if (known) {
    await prepareServer(tenancy, adminUrl, { profile })
    return { id: known.id, server: readServer(tenancy, known) }
  }
  const id = newId()
  const sameServer = await knownUnderOtherAddress(tenancy, { host, port, ...access })
  const server = sameServer ?? {
    host,
    port,
    migratorPassword: newSecret(),
    workerPassword: newSecret(),
    ...access,
  }
  await prepareServer(tenancy, adminUrl, {
    profile,
    ...(!sameServer && {
      passwords: { migrator: server.migratorPassword, worker: server.workerPassword },
    }),
  })
  await platform(tenancy)
    .insert(servers)
    .values({
      id,
      name: `${host}:${port}`,
      host,
      port,
      migratorSecret: encrypt(tenancy, server.migratorPassword, `server ${id} migrator`),
      workerSecret: encrypt(tenancy, server.workerPassword, `server ${id} worker`),
      ...access,
    })
  return { id, server }
}

/**
 * Finds a server that is registered under another address, by logging in with its passwords. New
 * passwords would lock out the tenants that use the other address.
 * @throws ServerUnusable for a copy, which has the same passwords.
 */
async function knownUnderOtherAddress(
  tenancy: Tenancy,
  address: Pick<Server, 'host' | 'port'> & Access,
): Promise<Server | undefined> {
  for (const row of await platform(tenancy).select().from(servers)) {
    const registered = readServer(tenancy, row)
    const candidate = { ...registered, ...address }
    const live = await asMigratorOf(tenancy, candidate, (client) =>
      asMigratorOf(tenancy, registered, (other) => isSameLiveServer(other, client)).catch(
        () => false,
      ),
    ).catch(() => undefined) // it does not accept the passwords
    if (live) return candidate
    if (live === false)
      throw new ServerUnusable(
        `${address.host}:${address.port}`,
        `it has the logins of the registered server ${row.name}, and is not that server or ${row.name} does not answer; a copy of a server (a restored snapshot, a fork or a branch) has copies of its tenants, so use a new, empty server`,
      )
  }
  return undefined
}

const asMigratorOf = <T>(
  tenancy: Tenancy,
  server: Server,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> =>
  withConnection(serviceUrl(tenancy, 'migrator', { server, database: 'postgres' }), work)

/** @throws ServerUnusable for a copy of the main server. */
async function isMainServer(
  tenancy: Tenancy,
  admin: pg.Client,
  unusable: (why: string) => ServerUnusable,
): Promise<boolean> {
  return withConnection(loginUrl(tenancy, 'platform'), async (main) => {
    if (await isSameLiveServer(main, admin)) return true
    const id = await identifierOf(main)
    if (id === null || id !== (await identifierOf(admin))) return false
    throw unusable(
      'it is a copy of the main server (a restored snapshot, a fork or a branch), with copies of its tenants; use a new, empty server',
    )
  })
}

/**
 * Compares two connections by a live fact: a lock that one of them holds is visible on the same server
 * only. A copy has the same system identifier, databases and roles.
 */
async function isSameLiveServer(known: pg.Client, candidate: pg.Client): Promise<boolean> {
  const key = String(randomBytes(8).readBigUInt64BE() >> 2n)
  return withTransaction(known, async () => {
    await known.query('select pg_advisory_xact_lock($1)', [key])
    const { rowCount } = await candidate.query(
      `select from pg_catalog.pg_locks where locktype = 'advisory' and objsubid = 1 and (classid::bigint << 32) | objid::bigint = $1`,
      [key],
    )
    return rowCount === 1
  })
}

/** Copies share it. Null if the provider does not show it. */
const identifierOf = (client: pg.Client): Promise<string | null> =>
  client
    .query<{ id: string }>(
      'select system_identifier::text as id from pg_catalog.pg_control_system()',
    )
    .then(
      ({ rows }) => rows[0]?.id ?? null,
      (error: unknown) => {
        if (codeOf(error) === '42501') return null
        throw error
      },
    )

function parseAdminUrl(adminUrl: string): { host: string; port: number; url: URL } {
  const url = URL.parse(adminUrl)
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || !url.hostname || !databaseOf(adminUrl))
    throw new Invalid(
      'databaseUrl',
      'a database URL looks like postgres://admin:password@host:5432/postgres',
    )
  const misplaced = ['host', 'port', 'user', 'password'].filter((name) =>
    url.searchParams.has(name),
  )
  if (misplaced.length > 0)
    throw new Invalid(
      'databaseUrl',
      `the parameters ${misplaced.join(', ')} of the database URL belong before its question mark: postgres://user:password@host:port/database`,
    )
  return { host: url.hostname, port: Number(url.port || 5432), url }
}

/** `options` are those of the administrator's session. */
function parametersOf(url: URL): string {
  const parameters = new URLSearchParams(url.search)
  parameters.delete('options')
  // libpq does not decode a plus as a space
  return parameters.size === 0 ? '' : `?${parameters.toString().replaceAll('+', '%20')}`
}
