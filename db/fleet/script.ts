import type { Migration } from '#db/fleet/history'

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`

/** A schema's name as it stands in SQL. Throws for anything that is not a target of ours. */
export function targetName(schema: string): string {
  if (!/^(platform|shared|rowhouse_expected|t_[0-9a-f]{32})$/.test(schema)) throw new TypeError(`not a schema of ours: ${schema}`)
  return schema
}

/** What stands before a target's files: nobody else may be at it, and its ledger rows go in first. */
export function opening(schema: string, pending: Migration[], lockTimeoutMs: number): string {
  const name = targetName(schema)
  return [
    'begin',
    `set local lock_timeout = ${Math.round(lockTimeoutMs)}`,
    'set local statement_timeout = 0',
    'set local row_security = off',
    `select tenancy.claim_target('${name}')`,
    ...ledgerRows(schema, pending),
    `set local search_path = ${name}, pg_temp`,
  ].join(';\n')
}

/** The ledger's rows for files that go in now, and the end of their failures. */
export const ledgerRows = (schema: string, pending: Migration[]): string[] => [
  `insert into tenancy.applied (schema, migration, sha256, breaking) values\n  ${pending
    .map(({ tag, sha256, breaking }) => `('${targetName(schema)}', ${literal(tag)}, '${sha256}', ${breaking === null ? 'null' : literal(breaking)})`)
    .join(',\n  ')}`,
  `delete from tenancy.failures where schema = '${targetName(schema)}'`,
]

/**
 * A new target in one message: the schema, its grants and all its tables, with the ledger rows, in one transaction. In: one of our
 * schema names, the whole history. The role of that name must be there. Run it as the owner; it clashes where the ledger has the schema.
 */
export function provisionScript(schema: string, history: Migration[]): string {
  const name = targetName(schema)
  return [
    opening(schema, history, 2000),
    `create schema if not exists ${name}`,
    `grant usage on schema ${name} to ${name.startsWith('t_') ? name : 'rowhouse_tenant'}, rowhouse_worker`,
    ...history.flatMap(onEmptyTables),
    `update tenancy.applied set took_ms = extract(epoch from clock_timestamp() - transaction_timestamp()) * 1000 where schema = '${name}'`,
    'commit',
  ].join('\n;\n') // a statement may end in a comment
}

/** The statements of a file for tables that nobody uses yet, where nothing needs to be done concurrently. */
export const onEmptyTables = ({ transactional, statements }: Migration): string[] =>
  transactional ? statements : statements
    .map((statement) => statement.replace(/\b(create (?:unique )?index|drop index|reindex (?:table|index)) concurrently\b/gi, '$1'))
    .filter((statement) => !/^(--.*\n|\s)*(vacuum|analyze)\b/i.test(statement))
