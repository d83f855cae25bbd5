import { eq, type SQL } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { loginUrl, type Login } from '#db/env'
import { NotFound, TenantNotFound } from '#db/errors'
import { isId } from '#db/id'
import { platformPool } from '#db/pools'
import * as schema from '#db/schema/platform'
import { decrypt } from '#db/secrets'

/**
 * Drizzle on the platform login: users, sessions, tenants, placements. No tenant table is in its
 * reach.
 */
export const platform = () => drizzle(platformPool(), { schema })

export type PlatformDb = Pick<
  ReturnType<typeof platform>,
  'select' | 'selectDistinct' | 'insert' | 'update' | 'delete' | 'execute' | 'transaction'
>

/** Another server than the main one, with the passwords of our own logins there. */
export type Server = {
  host: string
  port: number
  migratorPassword: string
  workerPassword: string
}

/**
 * Where a tenant's rows live. `epoch` grows with every change of it; `password` is there for a
 * login of its own.
 */
export type Placement = {
  tenantId: string
  kind: schema.PlacementKind
  server: Server | null
  database: string | null
  schema: string
  login: string | null
  password: string | null
  epoch: number
}

const cacheMs = 30_000
type Cache = Map<string, { placement: Placement; at: number }>
const held = globalThis as typeof globalThis & { rowhousePlacements?: Cache }
const cache = () => (held.rowhousePlacements ??= new Map())

/**
 * The tenant's placement, at most 30 s old. Being wrong costs one refused entry: the fence decides,
 * not this cache. Throws TenantNotFound.
 */
export async function placementOf(tenantId: string): Promise<Placement> {
  if (!isId(tenantId)) throw new NotFound('organisation')
  const known = cache().get(tenantId)
  if (known && performance.now() - known.at < cacheMs) return known.placement
  const placement = await readPlacement(tenantId)
  cache().set(tenantId, { placement, at: performance.now() })
  return placement
}

/** True where requests of this tenant were served lately. */
export const isServed = (tenantId: string): boolean => cache().has(tenantId)

/** Drops one tenant's placement from the cache of this process, or all of them. */
export function forgetPlacement(tenantId?: string): void {
  if (tenantId) cache().delete(tenantId)
  else cache().clear()
}

async function readPlacement(tenantId: string): Promise<Placement> {
  const [placement] = await readPlacements(eq(schema.placements.tenantId, tenantId))
  if (!placement) throw new TenantNotFound(tenantId)
  return placement
}

/**
 * Placements as the database has them now, never from the cache. In: a condition on
 * `platform.placements`, or none for all.
 */
export async function readPlacements(where?: SQL): Promise<Placement[]> {
  const { placements, servers } = schema
  const rows = await platform()
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
        migratorPassword: decrypt(server.migratorSecret, `server ${server.id} migrator`),
        workerPassword: decrypt(server.workerSecret, `server ${server.id} worker`),
      },
      password: secret === null ? null : decrypt(secret, `placement ${tenantId}`),
    }),
  )
}

type Place = Pick<Placement, 'server' | 'database' | 'schema'>

/**
 * The router: the URL that leads to exactly this tenant's place. Built on the tenant URL of the
 * main server; a placement of its own puts in its login, and its host and database where it has
 * them. Contains a password: show it once, log it never.
 */
export function connectionString(placement: Place & Pick<Placement, 'login' | 'password'>): string {
  const known = built.get(placement)
  if (known) return known
  const url = placeUrl('tenant', placement)
  if (placement.login && placement.password) {
    url.username = placement.login
    url.password = placement.password
  }
  built.set(placement, url.toString())
  return url.toString()
}

// Deriving a password and printing a URL cost a twentieth of a millisecond, and a placement is read
// once for many transactions.
const built = new WeakMap<Place, string>()

/** The URL of the worker or the migrator in the database of a placement. Contains a password. */
export function serviceUrl(login: 'worker' | 'migrator', placement: Place): string {
  const url = placeUrl(login, placement)
  if (placement.server)
    url.password =
      login === 'worker' ? placement.server.workerPassword : placement.server.migratorPassword
  return url.toString()
}

function placeUrl(login: Login, { server, database, schema }: Place): URL {
  const url = new URL(loginUrl(login))
  if (server) {
    url.hostname = server.host
    url.port = String(server.port)
  }
  if (database) url.pathname = `/${database}`
  url.searchParams.set('options', `-c search_path=${schema},pg_temp`)
  url.search = url.search.replaceAll('+', '%20') // libpq takes a plus for a plus
  return url
}
