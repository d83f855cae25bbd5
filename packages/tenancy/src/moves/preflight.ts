import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { withConnection } from '#tenancy/base/connect'
import { withTenant } from '#tenancy/context/with-tenant'
import { loginUrl, type Tenancy } from '#tenancy/base/tenancy'
import { TargetFull, TargetOccupied, VersionsDiffer } from '#tenancy/moves/errors'
import { readPending } from '#tenancy/migrations/apply'
import { readTenantHistory } from '#tenancy/migrations/history'
import { described, longHolders } from '#tenancy/moves/fence-holders'
import { isHere, openEnd, placeName, reachable } from '#tenancy/moves/move-ends'
import { tenantTables } from '#tenancy/moves/tenant-tables'
import { asMigrator } from '#tenancy/placements/provision'
import { type MoveEnd } from '#tenancy/base/schema'

/** What a move would have to do. `seconds` is a guess from what was measured on two cores. */
export type Survey = {
  tables: { name: string; rows: number }[]
  rows: number
  seconds: number
  steps: string[]
  hinders: string[]
}

export type Target = {
  kind: string
  server: { host: string; port: number } | null
  database: string | null
  schema: string
}

const rowsASecond = 60_000
const ownConnections = 8

/**
 * Looks at both ends of a move that is asked for, and changes nothing. In: the tenant and the ends;
 * `returning` when the tenant lived in the target before. Out: sizes, steps, and how long it may
 * take. Throws VersionsDiffer, TableNotMovable, TargetOccupied or TargetFull.
 */
export async function survey(
  tenancy: Tenancy,
  tenantId: string,
  source: MoveEnd,
  target: MoveEnd,
  returning: boolean,
): Promise<Survey> {
  await checkSource(tenancy, tenantId, source)
  if (!returning) await checkTarget(tenancy, tenantId, target)
  const { tables, hinders } = await look(tenancy, tenantId, source)
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  return {
    tables,
    rows,
    seconds: Math.ceil(2 + rows / rowsASecond),
    steps: stepsOf(source, target),
    hinders,
  }
}

async function checkSource(tenancy: Tenancy, tenantId: string, source: MoveEnd): Promise<void> {
  const end = await reachable(tenancy, tenantId, source)
  const history = await readTenantHistory(tenancy)
  await asMigrator(tenancy, end, async (client) => {
    await client.query('set role rowhouse_owner')
    const [missing] = await readPending(client, end.schema, history)
    if (missing) throw new VersionsDiffer(missing.tag, 'source')
  })
}

/** A target is made by the move itself: what has its name already is somebody else's. */
async function checkTarget(tenancy: Tenancy, tenantId: string, target: MoveEnd): Promise<void> {
  const end = await reachable(tenancy, tenantId, target)
  if (end.server === null) {
    await withConnection(loginUrl(tenancy, 'worker'), (client) => checkServer(client, end))
    if (target.kind === 'database')
      await asMigrator(tenancy, { ...end, database: null }, (client) => checkServer(client, end))
  } else await asMigrator(tenancy, { ...end, database: null }, (client) => checkServer(client, end))
}

/** The same for a server that holds no tenant yet, seen by an administrator. */
export async function checkServer(client: pg.ClientBase, end: Target): Promise<void> {
  // a login that may not look into a backend of others sees it without its kind
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
    throw new TargetOccupied(placeName(end), `a database ${end.schema}`)
  if (end.kind === 'schema' && row?.schema)
    throw new TargetOccupied(placeName(end), `a schema ${end.schema}`)
  if (row && row.free < ownConnections)
    throw new TargetFull(
      placeName(end),
      `${Math.max(row.free, 0)} connections are free, and a move needs ${ownConnections}`,
    )
}

/** How many rows there are, and which transactions the move would have to wait for now. */
async function look(
  tenancy: Tenancy,
  tenantId: string,
  source: MoveEnd,
): Promise<Pick<Survey, 'tables' | 'hinders'>> {
  const client = await openEnd(
    tenancy,
    await reachable(tenancy, tenantId, source),
    'rowhouse move, survey',
  )
  try {
    const tables = await tenantTables(client, source.schema)
    const hinders = (await longHolders(client, tenantId)).map(
      (holder) => `it would wait for ${described(holder)}`,
    )
    return { tables: await count(tenancy, tenantId, source.schema, tables), hinders }
  } finally {
    await client.end()
  }
}

function count(
  tenancy: Tenancy,
  tenantId: string,
  schema: string,
  tables: { name: string }[],
): Promise<Survey['tables']> {
  return withTenant(
    tenancy,
    { kind: 'service', tenantId, reason: 'count rows before a move' },
    async (tx) => {
      const counted: Survey['tables'] = []
      for (const { name } of tables) {
        const { rows } = await tx.execute<{ rows: string }>(
          sql`select count(*) as rows from ${sql.identifier(schema)}.${sql.identifier(name)} where tenant_id = ${tenantId}`,
        )
        counted.push({ name, rows: Number(rows[0]?.rows ?? 0) })
      }
      return counted
    },
  )
}

function stepsOf(source: MoveEnd, target: MoveEnd): string[] {
  const where =
    target.kind === 'shared'
      ? 'the shared schema'
      : target.kind === 'schema'
        ? `schema ${target.schema}`
        : `database ${target.database}`
  return [
    target.kind === 'shared'
      ? 'await the tenant in the shared schema'
      : `make ${where} with a login of its own`,
    'log every change from one instant on',
    'copy every row, by key, in chunks',
    target.kind === 'shared' ? 'collect statistics' : 'build the indexes, collect statistics',
    'bring over what has changed meanwhile',
    'hold writes for an instant, compare both sides row by row',
    isHere(source, target)
      ? 'switch in one transaction'
      : 'close the source, open the target, switch the registry',
    'keep the source, closed, until the move is confirmed or rolled back',
  ]
}
