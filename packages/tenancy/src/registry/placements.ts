import { eq, type SQL } from 'drizzle-orm'
import { timings } from '#tenancy/base/timings'
import { drizzle } from 'drizzle-orm/node-postgres'
import {
  loginUrl,
  stateOf,
  type Login,
  type PlacementKind,
  type PlatformDb,
  type Tenancy,
} from '#tenancy/base/tenancy'
import { NotFound, TenantNotFound } from '#tenancy/base/errors'
import { isId } from '#tenancy/base/ids'
import { formatUsername, usernameFormatOf } from '#tenancy/base/login-urls'
import { platformPool } from '#tenancy/registry/pools'
import * as schema from '#tenancy/base/schema'
import { decrypt } from '#tenancy/base/encryption'

/**
 * Returns Drizzle on the pool of the platform login.
 * @param tenancy - The instance.
 * @returns The database without tenant tables.
 */
export const platform = (tenancy: Tenancy): PlatformDb => drizzle(platformPool(tenancy))

/** A server other than the main one, with the passwords of the engine's logins there. */
export type Server = {
  host: string
  port: number
  migratorPassword: string
  workerPassword: string
  /** The query of its connection strings, such as `?sslmode=verify-full`; null for the main server's. */
  urlParameters: string | null
  /** How a user name there contains the role, see `formatUsername`; null for the main server's. */
  usernameFormat: string | null
}

/** Where a tenant's rows are. */
export type Placement = {
  tenantId: string
  kind: PlacementKind
  /** Null for the main server. */
  server: Server | null
  /** Null for the main database. */
  database: string | null
  schema: string
  /** The dedicated role and its password; null for a shared placement. */
  login: string | null
  password: string | null
  /** Grows with every change of the placement. */
  epoch: number
}

const cache = stateOf('placements', () => new Map<string, { placement: Placement; at: number }>())

/**
 * Returns a tenant's placement, cached for at most `timings.cache`. A stale placement costs one refused
 * entry: the tenant home in the tenant's database decides.
 * @param tenancy - The instance.
 * @param tenantId - The tenant.
 * @returns The placement.
 * @throws TenantNotFound, or NotFound for a malformed id.
 */
export async function placementOf(tenancy: Tenancy, tenantId: string): Promise<Placement> {
  if (!isId(tenantId)) throw new NotFound('organisation')
  const known = cache(tenancy).get(tenantId)
  if (known && performance.now() - known.at < timings.cache) return known.placement
  const placement = await readPlacement(tenancy, tenantId)
  cache(tenancy).set(tenantId, { placement, at: performance.now() })
  return placement
}

/**
 * Tells whether this process serves a tenant.
 * @param tenancy - The instance.
 * @param tenantId - The tenant.
 * @returns Whether the tenant's placement is cached.
 */
export const isServed = (tenancy: Tenancy, tenantId: string): boolean =>
  cache(tenancy).has(tenantId)

/**
 * Drops placements from the cache of this process.
 * @param tenancy - The instance.
 * @param tenantId - The tenant; all tenants without it.
 */
export function forgetPlacement(tenancy: Tenancy, tenantId?: string): void {
  if (tenantId) cache(tenancy).delete(tenantId)
  else cache(tenancy).clear()
}

async function readPlacement(tenancy: Tenancy, tenantId: string): Promise<Placement> {
  const [placement] = await readPlacements(tenancy, eq(schema.placements.tenantId, tenantId))
  if (!placement) throw new TenantNotFound(tenantId)
  return placement
}

/**
 * Reads placements from the database, bypassing the cache.
 * @param tenancy - The instance.
 * @param where - A condition on `tenancy.placements`; all placements without it.
 * @returns The placements, with decrypted passwords.
 */
export async function readPlacements(tenancy: Tenancy, where?: SQL): Promise<Placement[]> {
  const { placements, servers } = schema
  const rows = await platform(tenancy)
    .select({ placement: placements, server: servers })
    .from(placements)
    .leftJoin(servers, eq(servers.id, placements.serverId))
    .where(where)
    .orderBy(placements.tenantId)
  return rows.map(
    ({ placement: { tenantId, kind, database, schema: name, login, secret, epoch }, server }) => ({
      tenantId,
      kind,
      database,
      schema: name,
      login,
      epoch,
      server: server && readServer(tenancy, server),
      password: secret === null ? null : decrypt(tenancy, secret, `placement ${tenantId}`),
    }),
  )
}

/**
 * Decrypts the passwords of a server.
 * @param tenancy - The instance.
 * @param row - Its row.
 * @returns How to reach it.
 */
export const readServer = (tenancy: Tenancy, row: typeof schema.servers.$inferSelect): Server => ({
  host: row.host,
  port: row.port,
  migratorPassword: decrypt(tenancy, row.migratorSecret, `server ${row.id} migrator`),
  workerPassword: decrypt(tenancy, row.workerSecret, `server ${row.id} worker`),
  urlParameters: row.urlParameters,
  usernameFormat: row.usernameFormat,
})

type Location = Pick<Placement, 'server' | 'database'>

/**
 * Builds the connection string of a placement from that of the shared login, with the dedicated role,
 * host and database where the placement has them. It contains a password: never log it.
 * @param tenancy - The instance.
 * @param placement - The placement.
 * @returns The connection string.
 */
export function connectionString(
  tenancy: Tenancy,
  placement: Location & Pick<Placement, 'login' | 'password'>,
): string {
  const known = built(tenancy).get(placement)
  if (known) return known
  const { login, password } = placement
  const url = locationUrl(tenancy, 'tenant', placement, login ?? undefined)
  if (login && password) url.password = password
  built(tenancy).set(placement, url.toString())
  return url.toString()
}

// Building a URL takes 0.05 ms, which is worth caching: a placement serves many transactions.
const built = stateOf('connection strings', () => new WeakMap<Location, string>())

/**
 * Builds the connection string of the worker or the migrator for the database of a placement.
 * @param tenancy - The instance.
 * @param login - The login.
 * @param placement - The placement.
 * @returns The connection string. Contains a password.
 */
export function serviceUrl(
  tenancy: Tenancy,
  login: 'worker' | 'migrator',
  placement: Location,
): string {
  const url = locationUrl(tenancy, login, placement)
  if (placement.server)
    url.password =
      login === 'worker' ? placement.server.workerPassword : placement.server.migratorPassword
  return url.toString()
}

/**
 * Builds the connection string of a role from that of a login. The search_path is a setting of each role,
 * because poolers refuse the start-up parameter `options`.
 */
function locationUrl(
  tenancy: Tenancy,
  login: Login,
  { server, database }: Location,
  role = `rowhouse_${login}`,
): URL {
  const url = new URL(loginUrl(tenancy, login))
  const format = server?.usernameFormat ?? usernameFormatOf(url, `rowhouse_${login}`)
  if (server) {
    url.hostname = server.host
    url.port = String(server.port)
    url.search = server.urlParameters ?? url.search
  }
  url.username = formatUsername(format, role)
  if (database) url.pathname = `/${database}`
  return url
}
