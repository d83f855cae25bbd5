import type { Migration } from '#tenancy/migrations/history'
import { parseMigration, withoutTokens, type ParsedStatement } from '#tenancy/migrations/parse-sql'

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`

/**
 * Checks the name of a target's schema, so that it needs no quotes in SQL.
 * @throws TypeError for any other name.
 */
export function checkedSchemaName(schema: string): string {
  if (!/^(platform|shared|rowhouse_expected|t_[0-9a-f]{32})$/.test(schema))
    throw new TypeError(`not the schema of a target: ${schema}`)
  return schema
}

/**
 * The settings of a session that changes schemas. With row_security off, a data change is an error
 * instead of silently affecting no rows.
 */
export const asOwnerSession =
  'set role rowhouse_owner; set row_security = off; set statement_timeout = 0'

/**
 * The statements that precede a target's files: lock the target, then insert the ledger rows, so
 * that a race is a unique violation. There are few of them, because most files are so short that
 * each statement counts.
 */
export function transactionPreamble(
  schema: string,
  pending: Migration[],
  lockTimeoutMs: number,
): string {
  const name = checkedSchemaName(schema)
  const lockAndRecord = `${ledgerRows(schema, pending)}, tenancy.lock_target('${name}')`
  return [
    'begin',
    `set local lock_timeout = ${Math.round(lockTimeoutMs)}`,
    lockAndRecord,
    `set local search_path = ${name}, pg_temp`,
  ].join(';\n')
}

/**
 * The statement that ends each change of the shared schema: columns and indexes that the change has
 * added get no statistics, because `explain` would show them to all tenants.
 */
export const omitSharedStatistics =
  "select tenancy.omit_statistics(oid) from pg_catalog.pg_class where relnamespace = to_regnamespace('shared') and relkind in ('r', 'p')"

/** The SQL that inserts the ledger rows of files. */
export const ledgerRows = (schema: string, pending: Migration[]): string =>
  `insert into tenancy.applied_migrations (schema, migration, sha256, breaking) select file.* from (values\n  ${pending
    .map(
      ({ tag, sha256, breaking }) =>
        `('${checkedSchemaName(schema)}', ${literal(tag)}, '${sha256}', ${breaking === null ? 'null' : literal(breaking)})`,
    )
    .join(',\n  ')}) as file`

/**
 * The SQL that creates a new target in one message and one transaction: the schema, its grants and
 * all its tables, with the ledger rows. Run it as the owner. It fails with a unique violation if
 * the ledger already has the schema.
 * @param schema - `shared`, or the schema of a tenant whose role of that name exists.
 * @param history - The whole history, oldest first.
 */
export async function provisionScript(schema: string, history: Migration[]): Promise<string> {
  const name = checkedSchemaName(schema)
  return [
    transactionPreamble(schema, history, 2000),
    `create schema if not exists ${name}`,
    `grant usage on schema ${name} to ${name.startsWith('t_') ? name : 'rowhouse_tenant'}, rowhouse_worker`,
    ...(await forEmptyTables(history)),
    ...(schema === 'shared' ? [omitSharedStatistics] : []),
    `update tenancy.applied_migrations set took_ms = extract(epoch from clock_timestamp() - transaction_timestamp()) * 1000 where schema = '${name}'`,
    'commit',
  ].join('\n;\n') // a statement may end in a comment
}

/**
 * The statements of files for tables that are not in use yet. All of them can run in one
 * transaction: indexes are built without `concurrently`, and there is nothing to reindex or vacuum.
 */
export async function forEmptyTables(history: Migration[]): Promise<string[]> {
  const files = await Promise.all(
    history.map(async (file) => {
      if (file.transactional) return file.statements
      const parts = await parseMigration(file)
      return Promise.all(
        parts
          .filter(({ statements }) => !statements.some(isMaintenance))
          .map(({ sql }) => withoutTokens(sql, (token) => token.toLowerCase() === 'concurrently')),
      )
    }),
  )
  return files.flat()
}

const isMaintenance = ({ node }: ParsedStatement) => 'VacuumStmt' in node || 'ReindexStmt' in node
