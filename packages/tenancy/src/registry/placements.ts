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
import { platformPool } from '#tenancy/registry/pools'
import * as schema from '#tenancy/base/schema'
import { decrypt } from '#tenancy/base/encryption'

/** Drizzle on the platform login. */
export const platform = (tenancy: Tenancy): PlatformDb => drizzle(platformPool(tenancy))

/** A server other than the main one, with the passwords of the engine's logins there. */
export type Server = {
  host: string
  port: number
  migratorPassword: string
  workerPassword: string
}

/**
 * Where a tenant's rows live. `epoch` grows with every change. `login` and `password` belong to
 * dedicated placements only.
 */
export type Placement = {
  tenantId: string
  kind: PlacementKind
  server: Server | null
  database: string | null
  schema: string
  login: string | null
  password: string | null
  epoch: number
}

const cache = stateOf('placements', () => new Map<string, { placement: Placement; at: number }>())

/**
 * The tenant's placement, at most `timings.cache` old. A stale one costs one refused entry: the fence
 * decides, not this cache.
 * @throws TenantNotFound
 */
export async function placementOf(tenancy: Tenancy, tenantId: string): Promise<Placement> {
  if (!isId(tenantId)) throw new NotFound('organisation')
  const known = cache(tenancy).get(tenantId)
  if (known && performance.now() - known.at < timings.cache) return known.placement
  const placement = await readPlacement(tenancy, tenantId)
  cache(tenancy).set(tenantId, { placement, at: performance.now() })
  return placement
}

/** @returns Whether this process has served requests of the tenant recently. */
export const isServed = (tenancy: Tenancy, tenantId: string): boolean =>
  cache(tenancy).has(tenantId)

/** Drops one tenant's placement from the cache of this process, or all of them. */
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
 * Placements as the database has them now, never from the cache. In: a condition on
 * `tenancy.placements`, or none for all.
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
      server: server && {
        host: server.host,
        port: server.port,
        migratorPassword: decrypt(tenancy, server.migratorSecret, `server ${server.id} migrator`),
        workerPassword: decrypt(tenancy, server.workerSecret, `server ${server.id} worker`),
      },
      password: secret === null ? null : decrypt(tenancy, secret, `placement ${tenantId}`),
    }),
  )
}

type Location = Pick<Placement, 'server' | 'database' | 'schema'>

/**
 * The router: the URL that leads to exactly this tenant's place. Built on the tenant URL of the
 * main server; a placement of its own puts in its login, and its host and database where it has
 * them. Contains a password: show it once, log it never.
 */
export function connectionString(
  tenancy: Tenancy,
  placement: Location & Pick<Placement, 'login' | 'password'>,
): string {
  const known = built(tenancy).get(placement)
  if (known) return known
  const url = placeUrl(tenancy, 'tenant', placement)
  if (placement.login && placement.password) {
    url.username = placement.login
    url.password = placement.password
  }
  built(tenancy).set(placement, url.toString())
  return url.toString()
}

// Deriving a password and printing a URL cost a twentieth of a millisecond, and a placement is read
// once for many transactions.
const built = stateOf('connection strings', () => new WeakMap<Location, string>())

/** The URL of the worker or the migrator in the database of a placement. Contains a password. */
export function serviceUrl(
  tenancy: Tenancy,
  login: 'worker' | 'migrator',
  placement: Location,
): string {
  const url = placeUrl(tenancy, login, placement)
  if (placement.server)
    url.password =
      login === 'worker' ? placement.server.workerPassword : placement.server.migratorPassword
  return url.toString()
}

function placeUrl(tenancy: Tenancy, login: Login, { server, database, schema }: Location): URL {
  const url = new URL(loginUrl(tenancy, login))
  if (server) {
    url.hostname = server.host
    url.port = String(server.port)
  }
  if (database) url.pathname = `/${database}`
  url.searchParams.set('options', `-c search_path=${schema},pg_temp`)
  url.search = url.search.replaceAll('+', '%20') // libpq takes a plus for a plus
  return url
}
