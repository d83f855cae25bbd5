import type pg from 'pg'
import { withTransaction } from '#tenancy/base/with-transaction'
import { MigrationFailed } from '#tenancy/migrations/errors'
import { blockers } from '#tenancy/migrations/blockers'
import {
  asOwner,
  type MainConnection,
  type DatabaseLocation,
} from '#tenancy/migrations/connections'
import { recordLedger } from '#tenancy/migrations/dedicated-databases'
import type { Target } from '#tenancy/migrations/targets'
import type { Tenancy } from '#tenancy/base/tenancy'

/** What is done at a target: out, the tags applied. */
export type Apply = (client: pg.Client) => Promise<string[]>

/**
 * Applies files to one target where it lives and keeps a failure in the ledger's database. In: the
 * main connection of this worker, the place of a target with a database of its own, what to do
 * there, and whether a failure would be the last word. Returns and throws what `apply` does; when a
 * lock was not to be had, with the words who has it.
 */
export async function migrateTarget(
  tenancy: Tenancy,
  main: MainConnection,
  target: Target,
  place: DatabaseLocation | undefined,
  apply: Apply,
  last: boolean,
): Promise<string[]> {
  if (place)
    return asOwner(tenancy, place, target.name, async (client) => {
      const started = performance.now()
      const applied = await tried(client, target, apply, last)
      await recordTimings(client, new Map([[target.schema, performance.now() - started]]), applied)
      await recordLedger(await main.use(), target, client)
      return applied
    })
  const client = await main.use()
  try {
    return await tried(client, target, apply, last)
  } catch (error) {
    if (!MigrationFailed.is(error)) await main.drop()
    throw error
  }
}

/**
 * How long each of these schemas took for these files, and the end of their failures. Kept
 * afterwards and together: in a target's own transaction it would be a tenth of the work. What was
 * committed before is on disk when this returns.
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

async function tried(
  client: pg.Client,
  target: Target,
  apply: Apply,
  last: boolean,
): Promise<string[]> {
  try {
    return await apply(client)
  } catch (error) {
    if (!MigrationFailed.is(error)) throw error
    const failure = error.sqlstate === '55P03' ? await withBlockers(client, target, error) : error
    if (last || failure.sqlstate !== '55P03') await keep(client, target.schema, failure)
    throw failure
  }
}

async function withBlockers(
  client: pg.Client,
  { schema }: Target,
  { target, migration, statement, sqlstate, server }: MigrationFailed,
): Promise<MigrationFailed> {
  const who = statement === null ? '' : await blockers(client, schema)
  return new MigrationFailed(
    target,
    migration,
    statement,
    sqlstate,
    who ? `${server}; its tables are in use by ${who}` : server,
  )
}

async function keep(
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
