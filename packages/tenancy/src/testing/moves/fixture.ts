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

// What tests of moves are made of.

/**
 * Where a test sends a tenant: a kind, and for a database whether on the main server or on the
 * other one.
 */
export type TestPlacement = 'shared' | 'schema' | 'database' | 'other-server'
export const testPlacements: readonly TestPlacement[] = [
  'shared',
  'schema',
  'database',
  'other-server',
]

// a chaos run may be of one of these only, such as shared-schema
const only = process.env.CHAOS_DIRECTION
const isSelected = (from: TestPlacement, to: TestPlacement) => !only || only === `${from}-${to}`

/** Every two testPlacements, one way and the other. */
export const directions = testPlacements.flatMap((from) =>
  testPlacements
    .filter((to) => to !== from && isSelected(from, to))
    .map((to) => [from, to] as const),
)
/** Every pair once. */
export const pairs = directions.filter(
  ([from, to]) => testPlacements.indexOf(from) < testPlacements.indexOf(to),
)

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

/** Runs a move in this process until it waits or is over. */
export const perform = (move: Move, until?: MoveState): Promise<Move> =>
  runMove(tenancy(), move, until)

/** A request for an action on a tenant's move, with a reason for those that want one. */
export const actionOn = ({ id, slug }: TestTenant) => ({
  tenantId: id,
  slug,
  actor: 'test',
  reason: 'test',
})

/** An app in a process of its own: see there. */
export const appFile = engineFile('src', 'testing', 'moves', 'app.ts')

/** A writer of notes. */
export const writerFor = (tenant: TestTenant, rate: number): writers.Writer =>
  new writers.Writer(tenancy(), noteWorkload, tenant.owner, rate)

export const compareWithLedger = (
  tenantId: string,
  ledger: writers.Ledger,
): Promise<ledgers.LedgerDifferences> =>
  ledgers.compareWithLedger(tenancy(), noteWorkload, tenantId, ledger)

/** A transaction of this tenant's owner that is left open. */
export const holdOpen = (tenant: TestTenant, ms: number): Promise<void> =>
  writers.holdOpen(tenancy(), tenant.owner, ms)

/**
 * Until a move is in one of these states. Throws with what its worker said when it takes too long.
 */
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
    throw new Error(`the tenant did not come to the other server: ${move.state}, ${move.error}`)
  return tenant
}

/** A count and a checksum of each table of a tenant, where it lives now. */
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

/** How many rows of a tenant a schema has, as an administrator sees it. */
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

/**
 * What one end of a move still holds of a tenant: its rows in the shared schema, or a schema or
 * database of its own as one.
 */
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
