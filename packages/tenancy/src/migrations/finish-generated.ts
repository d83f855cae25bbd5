import type { Migration } from '#tenancy/migrations/history'
import {
  addedConstraints,
  callOf,
  createdTables,
  parseMigration,
  parseSql,
  withoutTokens,
} from '#tenancy/migrations/parse-sql'

/**
 * Completes a file that drizzle-kit generated. In a tenant file, removes the schema from foreign
 * keys and protects each new table. A foreign key of a later file is added `not valid` and then
 * validated, which is the only way that forced policies allow.
 * @param file - The generated file, or a file that is complete already.
 * @returns The complete text.
 * @throws UnparsableSql
 */
export async function finishGenerated(file: Migration): Promise<string> {
  const { plane, index, text } = file
  // drizzle-kit knows only the registry, which only the main database has
  if (plane === 'tenancy') return `-- main database only\n${text}`
  if (plane !== 'tenant') return text
  const parts = await parseMigration(file)
  const bare = await Promise.all(
    parts.map(({ sql }) =>
      withoutTokens(sql, (token, previous, next) =>
        token === '.' ? previous === '"public"' : token === '"public"' && next === '.',
      ),
    ),
  )
  const statements = index === 0 ? bare : (await Promise.all(bare.map(validateSeparately))).flat()
  const parsed = parts.flatMap((part) => part.statements)
  const protectedTables = parsed.flatMap(({ node }) => callOf(node, 'protect') ?? [])
  const protection = createdTables(parsed)
    .filter((table) => !protectedTables.includes(table))
    .map((table) => `select tenancy.protect(current_schema(), '${table}')`)
  return `${[...statements, ...protection].join(';--> statement-breakpoint\n')};\n`
}

/** Adds to `sql` the statement that validates its foreign key. */
async function validateSeparately(sql: string): Promise<string[]> {
  const [statement, ...others] = await parseSql(sql)
  if (!statement || others.length > 0 || !('AlterTableStmt' in statement.node)) return [sql]
  const [key, ...more] = addedConstraints(statement.node)
  if (more.length > 0 || key?.contype !== 'CONSTR_FOREIGN' || key.skip_validation) return [sql]
  const table = statement.node.AlterTableStmt.relation?.relname
  return [
    `${sql} NOT VALID`,
    `select tenancy.validate(current_schema(), '${table}', '${key.conname}')`,
  ]
}
