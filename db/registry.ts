import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { env, loginUrl } from '#db/env'
import { NotFound, TenantNotFound } from '#db/errors'
import { isId } from '#db/id'
import { platformPool } from '#db/pools'
import * as schema from '#db/schema/platform'
import { decrypt } from '#db/secrets'

/** Drizzle on the platform login: users, sessions, tenants, placements. No tenant table is in its reach. */
export const platform = () => drizzle(platformPool(), { schema })

export type PlatformDb = Pick<ReturnType<typeof platform>, 'select' | 'selectDistinct' | 'insert' | 'update' | 'delete' | 'execute' | 'transaction'>

/** Where a tenant's rows live. `epoch` grows with every change of it; `password` is there for a login of its own. */
export type Placement = {
  tenantId: string
  kind: schema.PlacementKind
  host: string | null
  port: number | null
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

/** The tenant's placement, at most 30 s old. Being wrong costs one refused entry: the fence decides, not this cache. */
export async function placementOf(tenantId: string): Promise<Placement> {
  if (!isId(tenantId)) throw new NotFound('organisation')
  const known = cache().get(tenantId)
  if (known && Date.now() - known.at < cacheMs) return known.placement
  const placement = await readPlacement(tenantId)
  cache().set(tenantId, { placement, at: Date.now() })
  return placement
}

export function forgetPlacement(tenantId?: string): void {
  if (tenantId) cache().delete(tenantId)
  else cache().clear()
}

async function readPlacement(tenantId: string): Promise<Placement> {
  const { placements, servers } = schema
  const [row] = await platform()
    .select({ placement: placements, host: servers.host, port: servers.port })
    .from(placements)
    .leftJoin(servers, eq(servers.id, placements.serverId))
    .where(eq(placements.tenantId, tenantId))
  if (!row) throw new TenantNotFound(tenantId)
  const { kind, database, schema: name, login, secret, epoch } = row.placement
  return {
    tenantId, kind, host: row.host, port: row.port, database, schema: name, login, epoch,
    password: secret === null ? null : decrypt(secret, `placement ${tenantId}`),
  }
}

/**
 * The router: the URL that leads to exactly this tenant's place. Built on the tenant URL of the main server; a placement of
 * its own puts in its login, and its host and database where it has them. Contains a password: show it once, log it never.
 */
export function connectionString(placement: Placement): string {
  const url = new URL(loginUrl('tenant'))
  if (placement.host) url.hostname = placement.host
  if (placement.port) url.port = String(placement.port)
  if (placement.database) url.pathname = `/${placement.database}`
  if (placement.login && placement.password) {
    url.username = placement.login
    url.password = placement.password
  }
  url.searchParams.set('options', `-c search_path=${placement.schema},pg_temp`)
  return url.toString()
}

/** The name of the main database, which no tenant database may have. */
export const mainDatabase = () => new URL(loginUrl('platform')).pathname.slice(1) || env().NODE_ENV
