import { eq } from 'drizzle-orm'
import type pg from 'pg'
import {
  asOwner,
  type DatabaseLocation,
  type MainConnection,
} from '#tenancy/migrations/connections'
import { refreshEngine } from '#tenancy/migrations/functions'
import type { Target } from '#tenancy/migrations/targets'
import { readPlacements } from '#tenancy/registry/placements'
import { placements } from '#tenancy/base/schema'
import { giveKey } from '#tenancy/base/signing-key'
import type { Tenancy } from '#tenancy/base/tenancy'

type DedicatedDatabase = Pick<Target, 'name' | 'schema'> & { tenantId: string }

type InspectOptions = {
  /** Connections to the main database. Each inspects one dedicated database at a time. */
  workers: MainConnection[]
  onFailure: (target: DedicatedDatabase, error: unknown) => void
  /** Also updates the functions to this build and creates a missing signing key. */
  refresh: boolean
}

/** Reads the location of each dedicated database, by tenant id. */
export async function dedicatedDatabaseLocations(
  tenancy: Tenancy,
): Promise<Map<string, DatabaseLocation>> {
  return new Map(
    (await readPlacements(tenancy, eq(placements.kind, 'database'))).map((placement) => [
      placement.tenantId,
      placement,
    ]),
  )
}

/**
 * Copies the migration ledger of every dedicated database into the main one.
 * @param tenancy - The instance.
 * @param options - `workers` are connections to the main database; each inspects one dedicated
 *   database at a time. `refresh` also updates the functions there.
 * @returns The number of dedicated databases.
 */
export async function inspectDedicatedDatabases(
  tenancy: Tenancy,
  { workers, onFailure, refresh }: InspectOptions,
): Promise<number> {
  const locations = await dedicatedDatabaseLocations(tenancy)
  const [first] = workers
  if (locations.size === 0 || !first) return 0
  const main = await first.use()
  const { rows } = await main.query<DedicatedDatabase>(
    `select t.slug as name, p.schema, p.tenant_id as "tenantId"
     from tenancy.placements as p
     join tenancy.tenants as t on t.id = p.tenant_id
     where p.kind = 'database'`,
  )
  await Promise.all(
    workers.map(async (connection) => {
      for (let target = rows.pop(); target; target = rows.pop()) {
        const location = locations.get(target.tenantId)
        if (!location) continue
        try {
          await inspect(tenancy, target, { main: await connection.use(), location, refresh })
        } catch (error) {
          onFailure(target, error)
        }
      }
    }),
  )
  return locations.size
}

/** Records a failure as the database's `problem` and rethrows it. */
async function inspect(
  tenancy: Tenancy,
  target: DedicatedDatabase,
  { main, location, refresh }: { main: pg.Client; location: DatabaseLocation; refresh: boolean },
): Promise<void> {
  try {
    await asOwner(tenancy, location, target.name, async (client) => {
      if (refresh) await refreshEngine(tenancy, client, 'dedicated')
      if (refresh) await giveKey(client)
      await recordLedger(main, target, client)
    })
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    await main.query(
      `insert into tenancy.dedicated_databases (tenant_id, schema, problem) values ($1, $2, $3)
       on conflict (tenant_id) do update set problem = excluded.problem`,
      [target.tenantId, target.schema, problem],
    )
    throw error
  }
}

/**
 * Copies the ledger of one dedicated database into the main one.
 * @param main - A connection to the main database.
 * @param client - A connection to the dedicated database.
 */
export async function recordLedger(
  main: pg.Client,
  target: Pick<Target, 'schema' | 'tenantId'>,
  client: pg.Client,
): Promise<void> {
  const {
    rows: [row],
  } = await client.query<{ applied: unknown }>(
    `select coalesce(jsonb_object_agg(migration, sha256), '{}') as applied from tenancy.applied_migrations where schema = $1`,
    [target.schema],
  )
  await main.query(
    `insert into tenancy.dedicated_databases (tenant_id, schema, seen_at, applied) values ($1, $2, now(), $3)
     on conflict (tenant_id) do update set schema = excluded.schema, seen_at = excluded.seen_at, applied = excluded.applied, problem = null`,
    [target.tenantId, target.schema, JSON.stringify(row?.applied)],
  )
}
