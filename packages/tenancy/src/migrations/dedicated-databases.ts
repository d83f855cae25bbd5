import { eq } from 'drizzle-orm'
import type pg from 'pg'
import {
  asOwner,
  type MainConnection,
  type DatabaseLocation,
} from '#tenancy/migrations/connections'
import { refreshEngine } from '#tenancy/migrations/functions'
import type { Target } from '#tenancy/migrations/targets'
import { readPlacements } from '#tenancy/registry/placements'
import { placements } from '#tenancy/base/schema'
import { giveKey } from '#tenancy/base/signing-key'
import type { Tenancy } from '#tenancy/base/tenancy'

type DedicatedDatabase = Pick<Target, 'name' | 'schema'> & { tenantId: string }

/** How to reach the targets that are in databases of their own, by tenant. */
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
 * Looks at every tenant's own database, as many at a time as there are connections, and with
 * `refresh` brings its functions to what this build has and gives it a signing key if it has none.
 * `missed` hears of those that can not be reached. Out: how many there are.
 */
export async function inspectDedicatedDatabases(
  tenancy: Tenancy,
  workers: MainConnection[],
  missed: (target: DedicatedDatabase, error: unknown) => void,
  { refresh }: { refresh: boolean },
): Promise<number> {
  const places = await dedicatedDatabaseLocations(tenancy)
  const [first] = workers
  if (places.size === 0 || !first) return 0
  const { rows } = await (
    await first.use()
  ).query<DedicatedDatabase>(
    `select t.slug as name, p.schema, p.tenant_id as "tenantId"
     from tenancy.placements as p
     join tenancy.tenants as t on t.id = p.tenant_id
     where p.kind = 'database'`,
  )
  await Promise.all(
    workers.map(async (connection) => {
      for (let target = rows.pop(); target; target = rows.pop()) {
        const place = places.get(target.tenantId)
        if (place)
          await look(tenancy, await connection.use(), target, place, refresh).catch(
            (error: unknown) => target && missed(target, error),
          )
      }
    }),
  )
  return places.size
}

/**
 * Looks at the ledger of a tenant's own database and notes it in the main one. Throws
 * TargetUnreachable, which is noted as well.
 */
async function look(
  tenancy: Tenancy,
  main: pg.Client,
  target: DedicatedDatabase,
  place: DatabaseLocation,
  refresh: boolean,
): Promise<void> {
  try {
    await asOwner(tenancy, place, target.name, async (client) => {
      if (refresh) await refreshEngine(tenancy, client, 'dedicated')
      if (refresh) await giveKey(client)
      await recordLedger(main, target, client)
    })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    await main.query(
      `insert into tenancy.dedicated_databases (tenant_id, schema, problem) values ($1, $2, $3)
       on conflict (tenant_id) do update set problem = excluded.problem`,
      [target.tenantId, target.schema, why],
    )
    throw error
  }
}

/** What the ledger of that database says now. */
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
