import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { withConnection } from '#tenancy/base/connect'
import { withTenant } from '#tenancy/context/with-tenant'
import { loginUrl, type Tenancy } from '#tenancy/base/tenancy'
import { TargetFull, TargetOccupied, VersionsDiffer } from '#tenancy/moves/errors'
import { readPending } from '#tenancy/migrations/apply'
import { readTenantHistory } from '#tenancy/migrations/history'
import { describeHolder, longFenceHolders } from '#tenancy/moves/fence-holders'
import { isSameDatabase, openConnection, locationName, resolveEnd } from '#tenancy/moves/move-ends'
import { assertMovable, tenantTables } from '#tenancy/moves/tenant-tables'
import { asMigrator } from '#tenancy/placements/provision'
import { type MoveEnd } from '#tenancy/base/schema'

/** What a move would do. */
export type MovePlan = {
  tables: { name: string; rows: number }[]
  /** The rows of all tables together. */
  rows: number
  /** A rough estimate of the duration. */
  seconds: number
  /** The steps, in plain English. */
  steps: string[]
  /** What would delay the move if it started now. */
  warnings: string[]
}

export type MoveDestination = {
  kind: string
  server: { host: string; port: number } | null
  database: string | null
  schema: string
}

/** Measured on two cores. */
const rowsPerSecond = 60_000
const connectionsNeeded = 8

/**
 * Checks both ends of a move and estimates the work. Changes nothing.
 * @param options.checkTarget - False when the target may exist already, as in a rollback.
 * @throws VersionsDiffer, TableNotMovable, TablesInACircle, TargetOccupied or TargetFull
 */
export async function preflight(
  tenancy: Tenancy,
  {
    tenantId,
    source,
    target,
    checkTarget,
  }: { tenantId: string; source: MoveEnd; target: MoveEnd; checkTarget: boolean },
): Promise<MovePlan> {
  await checkSource(tenancy, tenantId, source)
  if (checkTarget) await assertTargetFree(tenancy, tenantId, target)
  const { tables, warnings } = await inspectSource(tenancy, tenantId, source)
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  return {
    tables,
    rows,
    seconds: Math.ceil(2 + rows / rowsPerSecond),
    steps: stepsOf(source, target),
    warnings,
  }
}

async function checkSource(tenancy: Tenancy, tenantId: string, source: MoveEnd): Promise<void> {
  const end = await resolveEnd(tenancy, tenantId, source)
  const history = await readTenantHistory(tenancy)
  await asMigrator(tenancy, end, async (client) => {
    await client.query('set role rowhouse_owner')
    const [missing] = await readPending(client, end.schema, history)
    if (missing) throw new VersionsDiffer(missing.tag, 'source')
  })
}

/** A move creates its target, so a database or schema of that name must not exist. */
async function assertTargetFree(
  tenancy: Tenancy,
  tenantId: string,
  target: MoveEnd,
): Promise<void> {
  const location = await resolveEnd(tenancy, tenantId, target)
  const check = (client: pg.Client) => checkServer(client, location)
  const isOnMain = location.server === null
  if (isOnMain) await withConnection(loginUrl(tenancy, 'worker'), check)
  if (!isOnMain || target.kind === 'database')
    await asMigrator(tenancy, { ...location, database: null }, check)
}

/**
 * Checks that a server can take a new tenant.
 * @param end - The location that is about to be created there.
 * @throws TargetOccupied or TargetFull
 */
export async function checkServer(client: pg.ClientBase, end: MoveDestination): Promise<void> {
  // without pg_read_all_stats, backend_type is null for the sessions of other roles
  const {
    rows: [row],
  } = await client.query<{ database: boolean; schema: boolean; free: number }>(
    `
    select exists (select from pg_catalog.pg_database where datname = $1) as database,
      exists (select from pg_catalog.pg_namespace where nspname = $1) as schema,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - (select count(*) from pg_catalog.pg_stat_activity where datid is not null and coalesce(backend_type, 'client backend') = 'client backend')::int as free`,
    [end.schema],
  )
  if (end.kind === 'database' && row?.database)
    throw new TargetOccupied(locationName(end), `a database ${end.schema}`)
  if (end.kind === 'schema' && row?.schema)
    throw new TargetOccupied(locationName(end), `a schema ${end.schema}`)
  if (row && row.free < connectionsNeeded)
    throw new TargetFull(
      locationName(end),
      `${Math.max(row.free, 0)} connections are free and a move needs ${connectionsNeeded}`,
    )
}

/** Counts the rows and finds the transactions that the move would have to wait for. */
async function inspectSource(
  tenancy: Tenancy,
  tenantId: string,
  source: MoveEnd,
): Promise<Pick<MovePlan, 'tables' | 'warnings'>> {
  const client = await openConnection(
    tenancy,
    await resolveEnd(tenancy, tenantId, source),
    'rowhouse move, preflight',
  )
  try {
    await assertMovable(client, source.schema)
    const names = (await tenantTables(client, source.schema)).map(({ name }) => name)
    const warnings = (await longFenceHolders(client, tenantId)).map(
      (holder) => `it would wait for ${describeHolder(holder)}`,
    )
    return { tables: await countRows(tenancy, tenantId, source.schema, names), warnings }
  } finally {
    await client.end()
  }
}

function countRows(
  tenancy: Tenancy,
  tenantId: string,
  schema: string,
  names: string[],
): Promise<MovePlan['tables']> {
  return withTenant(
    tenancy,
    { kind: 'service', tenantId, reason: 'move preflight' },
    async (tx) => {
      const counts: MovePlan['tables'] = []
      for (const name of names) {
        const { rows } = await tx.execute<{ rows: string }>(
          sql`select count(*) as rows from ${sql.identifier(schema)}.${sql.identifier(name)} where tenant_id = ${tenantId}`,
        )
        counts.push({ name, rows: Number(rows[0]?.rows ?? 0) })
      }
      return counts
    },
  )
}

function stepsOf(source: MoveEnd, target: MoveEnd): string[] {
  const isShared = target.kind === 'shared'
  const name = target.kind === 'schema' ? `schema ${target.schema}` : `database ${target.database}`
  return [
    isShared ? 'register the tenant in the shared schema' : `create ${name} with a dedicated role`,
    'start to log every change the tenant makes',
    'copy every row in chunks, in the order of the keys',
    isShared
      ? 'collect statistics'
      : 'build the indexes, add the foreign keys and collect statistics',
    'apply the changes made during the copy',
    'pause writes for an instant, then compare both sides row by row',
    isSameDatabase(source, target)
      ? 'switch in one transaction'
      : 'close the source, open the target, switch the registry',
    'keep the source, closed, until the move is confirmed or rolled back',
  ]
}
