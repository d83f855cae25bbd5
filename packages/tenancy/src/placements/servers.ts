import { and, eq } from 'drizzle-orm'
import type pg from 'pg'
import { withConnection, databaseOf } from '#tenancy/base/connect'
import { loginUrl, type Tenancy } from '#tenancy/base/tenancy'
import { Invalid } from '#tenancy/base/errors'
import { ServerTooOld, ServerUnusable } from '#tenancy/placements/errors'
import { newId } from '#tenancy/base/ids'
import { platform, serviceUrl, type Server } from '#tenancy/registry/placements'
import { servers } from '#tenancy/base/schema'
import { decrypt, encrypt, newSecret } from '#tenancy/base/encryption'
import { prepareServer } from '#tenancy/placements/prepare-server'

/** A server as `inspectServer` found it. */
export type ServerFacts = {
  host: string
  port: number
  version: string
  /** Whether it is the main server, perhaps under another address. */
  isMain: boolean
}

const identity = 'select system_identifier::text as id from pg_catalog.pg_control_system()'

/**
 * Inspects a server for tenant databases. Changes nothing.
 * @param tenancy - The instance.
 * @param adminUrl - The URL of an administrator there.
 * @returns Its address and version.
 * @throws Invalid for a malformed URL, ServerTooOld, or ServerUnusable when it does not answer or
 *   the role lacks privileges.
 */
export async function inspectServer(tenancy: Tenancy, adminUrl: string): Promise<ServerFacts> {
  const { host, port } = address(adminUrl)
  const facts = await withConnection(adminUrl, async (client) => {
    const { rows } = await client.query<{ version: string; number: number; enough: boolean }>(`
      select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
        rolsuper or (rolcreaterole and rolcreatedb) as enough
      from pg_catalog.pg_roles where rolname = current_user`)
    return { found: rows[0], id: await idOf(client) }
  }).catch((error: Error) => {
    throw new ServerUnusable(`${host}:${port}`, `the connection failed (${error.message})`)
  })
  if (!facts.found)
    throw new ServerUnusable(`${host}:${port}`, 'its login is not listed in pg_roles')
  if (facts.found.number < 150_000) throw new ServerTooOld(facts.found.version, '15')
  if (!facts.found.enough)
    throw new ServerUnusable(
      `${host}:${port}`,
      'the role may not create roles and databases; use the URL of an administrator',
    )
  const mainId = await withConnection(loginUrl(tenancy, 'platform'), idOf)
  return { host, port, version: facts.found.version, isMain: facts.id === mainId }
}

/**
 * Prepares a server for tenant databases, and registers it unless it is registered already.
 * @param tenancy - The instance.
 * @param adminUrl - The URL of an administrator there.
 * @returns Its id and how to reach it; null for the main server.
 * @throws As `inspectServer` does.
 */
export async function useServer(
  tenancy: Tenancy,
  adminUrl: string,
): Promise<{ id: string; server: Server } | null> {
  const { host, port, isMain } = await inspectServer(tenancy, adminUrl)
  if (isMain) return null
  const [known] = await platform(tenancy)
    .select()
    .from(servers)
    .where(and(eq(servers.host, host), eq(servers.port, port)))
  if (known) {
    await prepareServer(tenancy, adminUrl, {})
    return { id: known.id, server: { host, port, ...passwordsOf(tenancy, known) } }
  }
  const id = newId()
  const sameServer = await knownUnderOtherAddress(tenancy, host, port)
  const server = sameServer ?? {
    host,
    port,
    migratorPassword: newSecret(),
    workerPassword: newSecret(),
  }
  await prepareServer(
    tenancy,
    adminUrl,
    sameServer ? {} : { migrator: server.migratorPassword, worker: server.workerPassword },
  )
  await platform(tenancy)
    .insert(servers)
    .values({
      id,
      name: `${host}:${port}`,
      host,
      port,
      migratorSecret: encrypt(tenancy, server.migratorPassword, `server ${id} migrator`),
      workerSecret: encrypt(tenancy, server.workerPassword, `server ${id} worker`),
    })
  return { id, server }
}

const passwordsOf = (tenancy: Tenancy, row: typeof servers.$inferSelect) => ({
  migratorPassword: decrypt(tenancy, row.migratorSecret, `server ${row.id} migrator`),
  workerPassword: decrypt(tenancy, row.workerSecret, `server ${row.id} worker`),
})

/**
 * Finds a server that is registered under another address, by logging in with its passwords. New
 * passwords would lock out the tenants that use the other address.
 */
async function knownUnderOtherAddress(
  tenancy: Tenancy,
  host: string,
  port: number,
): Promise<Server | undefined> {
  for (const row of await platform(tenancy).select().from(servers)) {
    const server = { host, port, ...passwordsOf(tenancy, row) }
    const isThis = await withConnection(
      serviceUrl(tenancy, 'migrator', { server, database: 'postgres' }),
      idOf,
    ).then(
      () => true,
      () => false,
    )
    if (isThis) return server
  }
  return undefined
}

async function idOf(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>(identity)
  return rows[0]?.id
}

function address(adminUrl: string): { host: string; port: number } {
  const url = URL.parse(adminUrl)
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || !url.hostname || !databaseOf(adminUrl))
    throw new Invalid(
      'databaseUrl',
      'a database URL looks like postgres://admin:password@host:5432/postgres',
    )
  return { host: url.hostname, port: Number(url.port || 5432) }
}
