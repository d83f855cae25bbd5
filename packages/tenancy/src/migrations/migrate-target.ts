import type pg from 'pg'
import { withTransaction } from '#tenancy/base/with-transaction'
import { MigrationFailed } from '#tenancy/migrations/errors'
import { blockers } from '#tenancy/migrations/blockers'
import {
  asOwner,
  type DatabaseLocation,
  type MainConnection,
} from '#tenancy/migrations/connections'
import { recordLedger } from '#tenancy/migrations/dedicated-databases'
import type { Target } from '#tenancy/migrations/targets'
import type { Tenancy } from '#tenancy/base/tenancy'

type TargetOptions = {
  /** The worker's connection to the main database. */
  main: MainConnection
  /** The location of the target's dedicated database, if it has one. */
  location: DatabaseLocation | undefined
  /** Applies the migrations and returns their tags. */
  apply: (client: pg.Client) => Promise<string[]>
  /** True if no retry follows a failure, so that it is recorded whatever its cause. */
  isLastTry: boolean
}

/**
 * Applies migrations to one target in its own database, and records a failure in the ledger there.
 * @returns What `apply` returns.
 * @throws The errors of `apply`. A lock timeout names the sessions that use the tables.
 */
export async function migrateTarget(
  tenancy: Tenancy,
  target: Target,
  { main, location, apply, isLastTry }: TargetOptions,
): Promise<string[]> {
  if (location)
    return asOwner(tenancy, location, target.name, async (client) => {
      const started = performance.now()
      const applied = await applyAndRecordFailure(client, target, apply, isLastTry)
      await recordTimings(client, new Map([[target.schema, performance.now() - started]]), applied)
      await recordLedger(await main.use(), target, client)
      return applied
    })
  const client = await main.use()
  try {
    return await applyAndRecordFailure(client, target, apply, isLastTry)
  } catch (error) {
    if (!MigrationFailed.is(error)) await main.drop()
    throw error
  }
}

/**
 * Records how long each schema took, and deletes its failures. Called once for many targets,
 * because it would add a tenth to the time of each. All earlier commits are on disk when this
 * returns.
 * @param times - Milliseconds by schema.
 * @param tags - The migrations that were applied.
 */
export async function recordTimings(
  client: pg.Client,
  times: Map<string, number>,
  tags: string[],
): Promise<void> {
  const record = async () => {
    await client.query(
      `update tenancy.applied_migrations as a
       set took_ms = t.ms
       from unnest($1::text[], $2::int[]) as t (schema, ms)
       where a.schema = t.schema and a.migration = any($3) and a.took_ms is null`,
      [[...times.keys()], [...times.values()].map(Math.round), tags],
    )
    await client.query(
      `delete from tenancy.failed_migrations as f using tenancy.applied_migrations as a
       where f.schema = any($1) and a.schema = f.schema and a.migration = f.migration`,
      [[...times.keys()]],
    )
  }
  await withTransaction(client, record, { begin: 'begin; set local synchronous_commit = on' })
}

const lockTimedOut = '55P03'

async function applyAndRecordFailure(
  client: pg.Client,
  target: Target,
  apply: TargetOptions['apply'],
  isLastTry: boolean,
): Promise<string[]> {
  try {
    return await apply(client)
  } catch (error) {
    if (!MigrationFailed.is(error)) throw error
    const waited = error.sqlstate === lockTimedOut
    const failure = waited ? await withBlockers(client, target.schema, error) : error
    if (isLastTry || !waited) await recordFailure(client, target.schema, failure)
    throw failure
  }
}

/**
 * Adds the blocking sessions to a lock timeout. Without a statement, the target's own lock was
 * taken, and the message names its holder already.
 */
async function withBlockers(
  client: pg.Client,
  schema: string,
  failure: MigrationFailed,
): Promise<MigrationFailed> {
  const sessions = failure.statement === null ? '' : await blockers(client, schema)
  if (!sessions) return failure
  const { target, migration, statement, sqlstate, server } = failure
  return new MigrationFailed({
    target,
    migration,
    statement,
    sqlstate,
    server: `${server}; its tables are in use by ${sessions}`,
  })
}

async function recordFailure(
  client: pg.Client,
  schema: string,
  { migration, sqlstate, statement, server }: MigrationFailed,
): Promise<void> {
  await client.query(
    `insert into tenancy.failed_migrations as f (schema, migration, code, statement, message) values ($1, $2, $3, $4, $5)
     on conflict (schema, migration) do update set
       at = excluded.at, attempts = f.attempts + 1, code = excluded.code, statement = excluded.statement, message = excluded.message`,
    [schema, migration, sqlstate, statement, server],
  )
}
