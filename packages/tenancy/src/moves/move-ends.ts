import { eq } from 'drizzle-orm'
import { timings } from '#tenancy/base/timings'
import type pg from 'pg'
import { createClient } from '#tenancy/base/database-client'
import { decrypt } from '#tenancy/base/encryption'
import { servers, type MoveEnd } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'
import type { Location } from '#tenancy/placements/provision'
import { platform, readServer, serviceUrl } from '#tenancy/registry/placements'

// the text form of a row must not depend on the server or the login
const sessionSettings = `
  set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set extra_float_digits = 1; set bytea_output = 'hex';
  set jit = off; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0;
  set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3`

/**
 * Resolves an end of a move to its location and credentials.
 * @param end - The end as stored in the move's row, with an encrypted password.
 */
export async function resolveEnd(
  tenancy: Tenancy,
  tenantId: string,
  end: MoveEnd,
): Promise<Location> {
  const { kind, serverId, database, schema, login, secret } = end
  const password = secret === null ? null : decrypt(tenancy, secret, `placement ${tenantId}`)
  const location = { kind, database, schema, login, password }
  if (serverId === null) return { ...location, server: null }
  const [row] = await platform(tenancy).select().from(servers).where(eq(servers.id, serverId))
  if (!row)
    throw new Error(
      `a move of tenant ${tenantId} has an end on server ${serverId}, which tenancy.servers does not list; restore that row`,
    )
  return { ...location, server: readServer(tenancy, row) }
}

/** `HOST:PORT/DATABASE, schema SCHEMA`, as status lines, events and errors show it. */
export const locationName = ({
  server,
  database,
  schema,
}: {
  server: { host: string; port: number } | null
  database: string | null
  schema: string
}): string =>
  `${server ? `${server.host}:${server.port}/` : ''}${database ?? 'main'}, schema ${schema}`

const locationKeys = ['kind', 'serverId', 'database', 'schema'] as const

/** True when two ends, or an end and a placement, are the same schema of the same database. */
export const isSameLocation = (
  a: Pick<MoveEnd, (typeof locationKeys)[number]>,
  b: Pick<MoveEnd, (typeof locationKeys)[number]>,
): boolean => locationKeys.every((key) => a[key] === b[key])

/** True when both ends are in the main database, so that one transaction can switch. */
export const isSameDatabase = (source: MoveEnd, target: MoveEnd): boolean =>
  source.database === null && target.database === null

/**
 * Opens a connection of the worker to one end. The caller closes it.
 * @param applicationName - What PostgreSQL shows to sessions that wait for this one.
 */
export async function openConnection(
  tenancy: Tenancy,
  location: Location,
  applicationName: string,
): Promise<pg.Client> {
  const client = createClient({
    connectionString: serviceUrl(tenancy, 'worker', location),
    application_name: applicationName,
    keepAlive: true,
    connectTimeoutMs: timings.connect,
  })
  client.on('error', () => {}) // the current query, or the next one, rejects with it
  await client.connect()
  await client.query(`${sessionSettings}; set search_path = ${location.schema}, pg_temp`)
  // some operating systems do not support it
  await client.query(`set client_connection_check_interval = '2s'`).catch(() => {})
  return client
}
