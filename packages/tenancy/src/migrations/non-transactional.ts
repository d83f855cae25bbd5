import type pg from 'pg'
import { rollBack } from '#tenancy/base/with-transaction'
import { toMigrationError } from '#tenancy/migrations/explain-failure'
import type { Migration } from '#tenancy/migrations/history'
import { ledgerRows, checkedSchemaName } from '#tenancy/migrations/script'

/**
 * Most of these statements wait for old transactions, but while they wait nobody waits for them.
 */
const patientMs = 30_000
/** This one takes the whole table, and readers would queue behind it. */
const takesAll = /\bforce\s+row\s+level\s+security\b/i

/**
 * Runs a file marked `-- no transaction` in one target. Each of its statements can be repeated (the
 * lint sees to that), and an invalid index that an interrupted run left is dropped first, so a run
 * may die at any moment: the ledger row comes last. Throws MigrationFailed.
 */
export async function applyNonTransactional(
  client: pg.Client,
  schema: string,
  target: string,
  file: Migration,
  timeoutMs: number,
): Promise<void> {
  let statement: string | null = null
  try {
    await client.query('select tenancy.lock_target($1, true)', [schema])
    if (await isApplied(client, schema, file)) return
    await client.query(`set search_path = ${checkedSchemaName(schema)}, pg_temp`)
    for (statement of file.statements) {
      await client.query(`set lock_timeout = ${takesAll.test(statement) ? timeoutMs : patientMs}`)
      await dropLeftover(client, schema, statement)
      await client.query(statement)
    }
    await client.query(ledgerRows(schema, [file]))
  } catch (error) {
    await rollBack(client)
    throw toMigrationError(error, target, file, statement)
  } finally {
    await client
      .query(
        `reset search_path; reset lock_timeout; select pg_advisory_unlock(tenancy.target_key('${checkedSchemaName(schema)}'))`,
      )
      .catch(() => {}) // as above
  }
}

async function isApplied(client: pg.Client, schema: string, { tag }: Migration): Promise<boolean> {
  const { rowCount } = await client.query(
    'select from tenancy.applied_migrations where schema = $1 and migration = $2',
    [schema, tag],
  )
  return rowCount === 1
}

/** An index that was being built when its builder died stays, invalid, under its name. */
async function dropLeftover(client: pg.Client, schema: string, statement: string): Promise<void> {
  const name =
    /\bcreate\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?"?([a-z_0-9]+)"?/i.exec(
      statement,
    )?.[1]
  if (!name) return
  const { rowCount } = await client.query(
    `select from pg_catalog.pg_index as i
     join pg_catalog.pg_class as c on c.oid = i.indexrelid
     where c.relnamespace = $1::regnamespace and c.relname = $2 and not i.indisvalid`,
    [schema, name],
  )
  if (rowCount === 1)
    await client.query(`drop index concurrently ${checkedSchemaName(schema)}."${name}"`)
}
