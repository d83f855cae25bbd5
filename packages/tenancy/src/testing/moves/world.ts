import { eq, sql } from 'drizzle-orm'
import pg from 'pg'
import { connected } from '#db/connect'
import { withTenant, type Caller } from '#db/door'
import { env } from '#db/env'
import { inhabitant, type Inhabitant } from '#db/isolation/testing/world'
import { drive } from '#db/move/move'
import { latestMove, readMove, type Move } from '#db/move/ledger'
import { requestMove, type MoveRequest } from '#db/move/request'
import { unprovision } from '#db/placements/provision'
import { forgetPlacement, platform, readPlacements } from '#db/registry'
import {
  placements,
  tenants,
  type MoveEnd,
  type MoveState,
  type PlacementKind,
} from '#db/schema/platform'
import { startPostgres } from '../../../scripts/postgres.mjs'

// What tests of moves are made of.

/**
 * Where a test sends a tenant: a kind, and for a database whether on the main server or on the
 * other one.
 */
export type Place = 'shared' | 'schema' | 'database' | 'elsewhere'
export const places: readonly Place[] = ['shared', 'schema', 'database', 'elsewhere']

// a fault run may be of one of these only, such as shared-schema
const only = process.env.FAULTS_DIRECTION
const wanted = (from: Place, to: Place) => !only || only === `${from}-${to}`

/** Every two places, one way and the other. */
export const directions = places.flatMap((from) =>
  places.filter((to) => to !== from && wanted(from, to)).map((to) => [from, to] as const),
)
/** Every two places once, the nearer one first. */
export const pairs = directions.filter(([from, to]) => places.indexOf(from) < places.indexOf(to))

let other: Promise<{ adminUrl: string; stop: () => Promise<void> }> | undefined

/**
 * A second PostgreSQL, as an administrator; stopped by `leave`. Two files that run at once have one
 * each: a server knows one registry's passwords.
 */
export const otherServer = async (): Promise<string> =>
  (
    await (other ??= startPostgres({
      name: `other${process.env.VITEST_POOL_ID ?? ''}`,
      durable: false,
    }))
  ).adminUrl

export async function leave(residents: Inhabitant[]): Promise<void> {
  for (const { id } of residents) {
    const [place] = await readPlacements(eq(placements.tenantId, id))
    const move = await latestMove(id)
    if (place) await unprovision(id, place)
    if (move && place)
      for (const end of [move.source, move.target])
        if (end.kind === 'schema')
          await unprovision(id, {
            ...place,
            kind: 'schema',
            server: null,
            database: null,
            schema: end.schema,
          })
  }
  await (await other)?.stop()
  other = undefined
}

export async function requestTo(place: Place, tenantId: string): Promise<MoveRequest> {
  const kind: PlacementKind = place === 'elsewhere' ? 'database' : place
  return {
    tenantId,
    to: kind,
    actor: 'test',
    reason: 'test',
    ...(place === 'elsewhere' ? { databaseUrl: await otherServer() } : {}),
  }
}

/** Drives a move in this process until it waits or is over. */
export async function driven(move: Move, until?: MoveState): Promise<Move> {
  await drive(move.id, new AbortController().signal, until)
  forgetPlacement()
  return readMove(move.id)
}

/** Brings a tenant to a place, to begin from there, and leaves no trace of how it came. */
export async function settleIn(place: Place, name: string, orders: number): Promise<Inhabitant> {
  const tenant = await inhabitant(place === 'elsewhere' ? 'shared' : place, name, orders)
  if (place !== 'elsewhere') return tenant
  const move = await driven(
    await requestMove({ ...(await requestTo('elsewhere', tenant.id)), graceHours: 0 }),
  )
  if (move.state !== 'cleaned')
    throw new Error(`the tenant did not come to the other server: ${move.state}, ${move.error}`)
  return tenant
}

/** A count and a checksum of each table of a tenant, where it lives now. */
export function fingerprint(tenantId: string): Promise<Record<string, string>> {
  return withTenant({ kind: 'service', tenantId, reason: 'fingerprint' }, async (tx) => {
    const { rows: tables } = await tx.execute<{ name: string }>(
      sql`select relname as name from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r' order by 1`,
    )
    const sums: Record<string, string> = {}
    for (const { name } of tables) {
      const { rows } = await tx.execute<{ sum: string }>(
        sql`select count(*) || '/' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) as sum from ${sql.identifier(name)} as t where tenant_id = ${tenantId}`,
      )
      sums[name] = rows[0]?.sum ?? ''
    }
    return sums
  })
}

/** The same for one schema as an administrator sees it: what is left of a tenant in a place. */
export async function remains(adminUrl: string, schema: string, tenantId: string): Promise<number> {
  return connected(adminUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select relname as name from pg_class as c join pg_namespace as n on n.oid = c.relnamespace where n.nspname = $1 and relkind = 'r'`,
      [schema],
    )
    let left = 0
    for (const { name } of rows)
      left += Number(
        (
          await client.query<{ n: string }>(
            `select count(*) as n from ${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)} where tenant_id = $1`,
            [tenantId],
          )
        ).rows[0]?.n,
      )
    return left
  })
}

/**
 * What one end of a move still holds of a tenant: its rows in the shared schema, or a schema or
 * database of its own as one.
 */
export async function leftAt(
  { kind, serverId, database, schema }: MoveEnd,
  tenantId: string,
): Promise<number> {
  if (kind === 'shared') return remains(mainAdmin(), schema, tenantId)
  return connected(serverId === null ? mainAdmin() : await otherServer(), async (client) => {
    const { rowCount } = await client.query(
      database === null
        ? 'select from pg_namespace where nspname = $1'
        : 'select from pg_database where datname = $1',
      [database ?? schema],
    )
    return rowCount ?? 0
  })
}

export const mainAdmin = (): string => env().DATABASE_URL ?? ''
export const serviceOf = (tenantId: string): Caller => ({
  kind: 'service',
  tenantId,
  reason: 'test',
})

export async function tierOf(tenantId: string): Promise<string | undefined> {
  const [tenant] = await platform()
    .select({ tier: tenants.tier })
    .from(tenants)
    .where(eq(tenants.id, tenantId))
  return tenant?.tier
}
