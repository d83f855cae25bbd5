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

/**
 * What was found on a server before anything is changed there. `isMain`: it is the main server
 * under another name.
 */
export type ServerFacts = { host: string; port: number; version: string; isMain: boolean }

const identity = 'select system_identifier::text as id from pg_catalog.pg_control_system()'

/**
 * Looks at a server that shall hold tenant databases, and changes nothing. In: an administrator's
 * URL. Throws Invalid for a URL that is none, ServerTooOld, or ServerUnusable when it does not
 * answer or the login has too few rights there.
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
    throw new ServerUnusable(`${host}:${port}`, `it does not let us in (${error.message})`)
  })
  if (!facts.found) throw new ServerUnusable(`${host}:${port}`, 'its login is in no catalogue')
  if (facts.found.number < 150_000) throw new ServerTooOld(facts.found.version, '15')
  if (!facts.found.enough)
    throw new ServerUnusable(
      `${host}:${port}`,
      'the login may not create roles and databases; use an administrator',
    )
  const mainId = await withConnection(loginUrl(tenancy, 'platform'), idOf)
  return { host, port, version: facts.found.version, isMain: facts.id === mainId }
}

/**
 * Makes a server ready and remembers it, or finds it remembered. Returns its row id and how to
 * reach it; null when it is the main server.
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
  const namesake = await knownElsewhere(tenancy, host, port)
  const server = namesake ?? {
    host,
    port,
    migratorPassword: newSecret(),
    workerPassword: newSecret(),
  }
  await prepareServer(
    tenancy,
    adminUrl,
    namesake ? {} : { migrator: server.migratorPassword, worker: server.workerPassword },
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
 * A server that is known under another address: whose passwords let us in. New ones would shut out
 * whoever uses that address.
 */
async function knownElsewhere(
  tenancy: Tenancy,
  host: string,
  port: number,
): Promise<Server | undefined> {
  for (const row of await platform(tenancy).select().from(servers)) {
    const server = { host, port, ...passwordsOf(tenancy, row) }
    const isThis = await withConnection(
      serviceUrl(tenancy, 'migrator', { server, database: 'postgres', schema: 'shared' }),
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
