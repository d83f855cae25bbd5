import { setTimeout as sleep } from 'node:timers/promises'
import { eq, sql } from 'drizzle-orm'
import pg from 'pg'
import { withConnection } from '#tenancy/base/connect'
import { engineFile } from '#tenancy/base/files'
import type { ServiceCaller } from '#tenancy/base/caller'
import { latestMove, readMove, type Move } from '#tenancy/moves/move-store'
import { type MoveRequest } from '#tenancy/moves/move-target'
import { requestMove } from '#tenancy/moves/requests'
import { unprovision } from '#tenancy/placements/provision'
import { forgetPlacement, readPlacements } from '#tenancy/registry/placements'
import { placements, tenants, type MoveEnd, type MoveState } from '#tenancy/base/schema'
import { type PlacementKind } from '#tenancy/base/tenancy'
import { noteWorkload } from '#tenancy/testing/fixture/note-workload'
import { platform, tenancy, withTenant } from '#tenancy/testing/fixture/tenancy'
import { createTestTenant, type TestTenant } from '#tenancy/testing/fixture/test-tenants'
import * as ledgers from '#tenancy/testing/compare-with-ledger'
import { runMove } from '#tenancy/testing/moves/run-move'
import type { WorkerProcess } from '#tenancy/testing/moves/worker'
import * as writers from '#tenancy/testing/writer'
import { startPostgres } from '../../../../../scripts/postgres.ts'

// Tenants, writers and requests for tests of moves.

/** Where a test moves a tenant. `other-server` is a dedicated database on the second server. */
export type TestPlacement = 'shared' | 'schema' | 'database' | 'other-server'
export const testPlacements: readonly TestPlacement[] = [
  'shared',
  'schema',
  'database',
  'other-server',
]

// restricts a chaos run to one direction, such as shared-schema
const only = process.env.CHAOS_DIRECTION
const isSelected = (from: TestPlacement, to: TestPlacement) => !only || only === `${from}-${to}`

/** All pairs of placements, in both directions. */
export const directions = testPlacements.flatMap((from) =>
  testPlacements
    .filter((to) => to !== from && isSelected(from, to))
    .map((to) => [from, to] as const),
)
/** All pairs of placements, in one direction. */
export const pairs = directions.filter(
  ([from, to]) => testPlacements.indexOf(from) < testPlacements.indexOf(to),
)

let other: Promise<{ adminUrl: string; stop: () => Promise<void> }> | undefined

/**
 * Starts a second PostgreSQL server, which `removeTenants` stops. Each test file has its own: the
 * passwords on a server are those of one registry.
 * @returns The URL of its administrator.
 */
export const otherServer = async (): Promise<string> =>
  (
    await (other ??= startPostgres({
      name: `other${process.env.VITEST_POOL_ID ?? ''}`,
      durable: false,
    }))
  ).adminUrl

export async function removeTenants(left: TestTenant[]): Promise<void> {
  for (const { id } of left) {
    const [placement] = await readPlacements(tenancy(), eq(placements.tenantId, id))
    const move = await latestMove(tenancy(), id)
    if (placement) await unprovision(tenancy(), id, placement)
    if (move && placement)
      for (const end of [move.source, move.target])
        if (end.kind === 'schema')
          await unprovision(tenancy(), id, {
            ...placement,
            kind: 'schema',
            server: null,
            database: null,
            schema: end.schema,
          })
  }
  await (await other)?.stop()
  other = undefined
}

const tierAt: Record<PlacementKind, string> = {
  shared: 'plus',
  schema: 'business',
  database: 'enterprise',
}

/** A request for a move to a placement, with a tier of that placement. */
export async function requestTo(placement: TestPlacement, tenantId: string): Promise<MoveRequest> {
  const kind: PlacementKind = placement === 'other-server' ? 'database' : placement
  return {
    tenantId,
    to: kind,
    tier: tierAt[kind],
    actor: 'test',
    reason: 'test',
    ...(placement === 'other-server' ? { databaseUrl: await otherServer() } : {}),
  }
}

/** Runs a move in this process until it waits or has ended. */
export const perform = (move: Move, until?: MoveState): Promise<Move> =>
  runMove(tenancy(), move, until)

/** A request for an action on a tenant's move. */
export const actionOn = ({ id, slug }: TestTenant) => ({
  tenantId: id,
  slug,
  actor: 'test',
  reason: 'test',
})

/** The program of an app in another process. */
export const appFile = engineFile('src', 'testing', 'moves', 'app.ts')

/** A writer of notes. */
export const writerFor = (tenant: TestTenant, rate: number): writers.Writer =>
  new writers.Writer(tenancy(), noteWorkload, tenant.owner, rate)

export const compareWithLedger = (
  tenantId: string,
  ledger: writers.Ledger,
): Promise<ledgers.LedgerDifferences> =>
  ledgers.compareWithLedger(tenancy(), noteWorkload, tenantId, ledger)

/** Keeps a transaction of the tenant's owner open. */
export const holdOpen = (tenant: TestTenant, ms: number): Promise<void> =>
  writers.holdOpen(tenancy(), tenant.owner, ms)

/** Waits until a move is in one of these states. A timeout throws, with the worker's output. */
export async function waitForState(
  move: Move,
  states: MoveState[],
  worker?: WorkerProcess,
  withinMs = 120_000,
): Promise<Move> {
  const until = Date.now() + withinMs
  for (;;) {
    const now = await readMove(tenancy(), move.id)
    if (states.includes(now.state)) {
      forgetPlacement(tenancy())
      return now
    }
    if (Date.now() > until)
      throw new Error(
        `the move is ${now.state} (${now.retryError ?? now.statusDetail}, ${now.error}) and not ${states.join(' or ')}:
${worker?.output ?? ''}`,
      )
    await sleep(30)
  }
}

/** Creates a tenant in a placement. */
export async function createTenantIn(
  placement: TestPlacement,
  name: string,
  rows: number,
): Promise<TestTenant> {
  const tenant = await createTestTenant(
    placement === 'other-server' ? 'shared' : placement,
    name,
    rows,
  )
  if (placement !== 'other-server') return tenant
  const move = await perform(
    await requestMove(tenancy(), {
      ...(await requestTo('other-server', tenant.id)),
      graceHours: 0,
    }),
  )
  if (move.state !== 'cleaned')
    throw new Error(`the tenant was not moved to the other server: ${move.state}, ${move.error}`)
  return tenant
}

/** Counts and hashes the rows of each table of a tenant, in its current placement. */
export function fingerprint(tenantId: string): Promise<Record<string, string>> {
  return withTenant({ kind: 'service', tenantId, reason: 'test' }, async (tx) => {
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

/** Counts a tenant's rows in a schema, as an administrator. */
export async function countRemaining(
  adminUrl: string,
  schema: string,
  tenantId: string,
): Promise<number> {
  return withConnection(adminUrl, async (client) => {
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

/** Counts what remains of a tenant at an end of a move: rows in the shared schema, or a schema or database. */
export async function remainingAt(
  { kind, serverId, database, schema }: MoveEnd,
  tenantId: string,
): Promise<number> {
  if (kind === 'shared') return countRemaining(mainAdmin(), schema, tenantId)
  return withConnection(serverId === null ? mainAdmin() : await otherServer(), async (client) => {
    const { rowCount } = await client.query(
      database === null
        ? 'select from pg_namespace where nspname = $1'
        : 'select from pg_database where datname = $1',
      [database ?? schema],
    )
    return rowCount ?? 0
  })
}

export const mainAdmin = (): string => process.env.DATABASE_URL ?? ''
export const serviceOf = (tenantId: string): ServiceCaller => ({
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
