import pg from 'pg'
import { rollBack } from '#tenancy/base/with-transaction'
import { toMigrationError } from '#tenancy/migrations/explain-failure'
import type { Migration } from '#tenancy/migrations/history'
import { all, parseMigration } from '#tenancy/migrations/parse-sql'
import { ledgerRows, checkedSchemaName } from '#tenancy/migrations/script'

/** Most of these statements wait for old transactions without blocking other sessions. */
const patientMs = 30_000

/**
 * Applies a file marked `-- no transaction` to one target. A run may be killed at any moment:
 * each statement can be repeated (the lint checks that), an invalid index of an interrupted run is
 * dropped first, and the ledger row is written last.
 * @param target - The target's name for errors.
 * @param timeoutMs - The lock timeout of statements that lock the whole table.
 * @throws MigrationFailed
 */
export async function applyNonTransactional(
  client: pg.Client,
  file: Migration,
  { schema, target, timeoutMs }: { schema: string; target: string; timeoutMs: number },
): Promise<void> {
  let statement: string | null = null
  try {
    await client.query('select tenancy.lock_target($1, true)', [schema])
    if (await isApplied(client, schema, file)) return
    await client.query(`set search_path = ${checkedSchemaName(schema)}, pg_temp`)
    for (const { sql, locksTable, index } of await statementsOf(file)) {
      statement = sql
      await client.query(`set lock_timeout = ${locksTable ? timeoutMs : patientMs}`)
      if (index !== undefined) await dropInvalidIndex(client, schema, index)
      await client.query(sql)
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
      .catch(() => {}) // the connection is already broken
  }
}

type NonTransactionalStatement = {
  sql: string
  /** True if it locks the whole table, so that readers would queue behind it. */
  locksTable: boolean
  /** The name of the index that it builds. */
  index: string | undefined
}

const known = new WeakMap<Migration, Promise<NonTransactionalStatement[]>>()

/** Parses a file once for all targets. */
function statementsOf(file: Migration): Promise<NonTransactionalStatement[]> {
  const found =
    known.get(file) ??
    parseMigration(file).then((parts) =>
      parts.map(({ sql, statements }) => ({
        sql,
        locksTable: all(statements, 'AlterTableCmd').some(({ subtype = '' }) =>
          subtype.endsWith('ForceRowSecurity'),
        ),
        index: all(statements, 'IndexStmt')[0]?.idxname,
      })),
    )
  known.set(file, found)
  return found
}

async function isApplied(client: pg.Client, schema: string, { tag }: Migration): Promise<boolean> {
  const { rowCount } = await client.query(
    'select from tenancy.applied_migrations where schema = $1 and migration = $2',
    [schema, tag],
  )
  return rowCount === 1
}

/** An interrupted build leaves an invalid index, which `if not exists` would keep. */
async function dropInvalidIndex(client: pg.Client, schema: string, index: string): Promise<void> {
  const { rowCount } = await client.query(
    `select from pg_catalog.pg_index as i
     join pg_catalog.pg_class as c on c.oid = i.indexrelid
     where c.relnamespace = $1::regnamespace and c.relname = $2 and not i.indisvalid`,
    [schema, index],
  )
  if (rowCount === 1)
    await client.query(
      `drop index concurrently ${checkedSchemaName(schema)}.${pg.escapeIdentifier(index)}`,
    )
}
