import type { Migration } from '#tenancy/migrations/history'
import { parseMigration, withoutTokens, type Statement } from '#tenancy/migrations/parse-sql'

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`

/** A schema's name as it stands in SQL. Throws for anything that is not a target of ours. */
export function checkedSchemaName(schema: string): string {
  if (!/^(platform|shared|rowhouse_expected|t_[0-9a-f]{32})$/.test(schema))
    throw new TypeError(`not a schema of ours: ${schema}`)
  return schema
}

/**
 * How a session begins that changes schemas: a change of data that policies would narrow silently
 * is an error in it.
 */
export const asOwnerSession =
  'set role rowhouse_owner; set row_security = off; set statement_timeout = 0'

/**
 * What stands before a target's files: nobody else may be at it, and its ledger rows go in first.
 * As few statements as will do: beside what most files do, each one counts.
 */
export function transactionPreamble(
  schema: string,
  pending: Migration[],
  lockTimeoutMs: number,
): string {
  const name = checkedSchemaName(schema)
  const claimed = `${ledgerRows(schema, pending)}, tenancy.lock_target('${name}')`
  return [
    'begin',
    `set local lock_timeout = ${Math.round(lockTimeoutMs)}`,
    claimed,
    `set local search_path = ${name}, pg_temp`,
  ].join(';\n')
}

/** Writes the ledger's rows for files that go in now. */
export const ledgerRows = (schema: string, pending: Migration[]): string =>
  `insert into tenancy.applied_migrations (schema, migration, sha256, breaking) select file.* from (values\n  ${pending
    .map(
      ({ tag, sha256, breaking }) =>
        `('${checkedSchemaName(schema)}', ${literal(tag)}, '${sha256}', ${breaking === null ? 'null' : literal(breaking)})`,
    )
    .join(',\n  ')}) as file`

/**
 * The SQL that makes a new target in one message and one transaction: the schema, its grants and all
 * its tables, with the ledger rows. Run it as the owner; it fails with a unique violation where the
 * ledger has the schema already.
 *
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
    `update tenancy.applied_migrations set took_ms = extract(epoch from clock_timestamp() - transaction_timestamp()) * 1000 where schema = '${name}'`,
    'commit',
  ].join('\n;\n') // a statement may end in a comment
}

/**
 * The statements of files for tables that nobody uses yet, which can all run in one transaction:
 * indexes are built without `concurrently`, and there is nothing to reindex or vacuum.
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

const isMaintenance = ({ node }: Statement) => 'VacuumStmt' in node || 'ReindexStmt' in node
