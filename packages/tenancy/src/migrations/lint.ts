import type { Constraint, Node } from 'libpg-query'
import { isSerial } from '#tenancy/migrations/alter-table-locks'
import { UnparsableSql } from '#tenancy/migrations/errors'
import type { Migration } from '#tenancy/migrations/history'
import { changedTables, isReindexConcurrently } from '#tenancy/migrations/lock-analysis'
import { ForeignKeys } from '#tenancy/migrations/lint-foreign-keys'
import {
  addedConstraints,
  all,
  callOf,
  createdTables,
  parseMigration,
  relationsIn,
  strings,
  type FilePart,
} from '#tenancy/migrations/parse-sql'

type LintRule = { forbids: (node: Node) => boolean; because: string }

const everywhere: LintRule[] = [
  {
    forbids: (node) => 'TransactionStmt' in node,
    because: 'the runner begins and ends the transaction',
  },
  {
    forbids: (node) => 'VariableSetStmt' in node && !node.VariableSetStmt.is_local,
    because: 'a setting would outlive the file',
  },
]

const inTenantFiles: LintRule[] = [
  {
    forbids: (node) => schemasIn(node).includes('public'),
    because: 'it would reach into another schema; npm run db:generate removes the schema',
  },
  {
    forbids: (node) => schemasIn(node).some((schema) => schema !== 'public'),
    because: 'names have no schema: the search path finds them',
  },
  {
    forbids: (node) => 'CreateEnumStmt' in node,
    because:
      'an enum is a different type in every schema, so rows could not move; use text with a check',
  },
  {
    forbids: (node) =>
      'CreateSeqStmt' in node ||
      all(node, 'Constraint').some(({ contype }) => contype === 'CONSTR_IDENTITY') ||
      all(node, 'ColumnDef').some(({ typeName }) => isSerial(strings(typeName?.names).at(-1))),
    because: 'its numbers would clash after a move; ids are UUIDs, numbers come from counters',
  },
  {
    forbids: (node) => 'TruncateStmt' in node || changedTables(node).length > 0,
    because: 'row-level security hides every row from it; write a data step',
  },
  {
    forbids: (node) => keysOf(node, ['CONSTR_FOREIGN']).some(([first]) => first !== 'tenant_id'),
    because: "a foreign key starts with tenant_id, or it would link to another tenant's row",
  },
  {
    forbids: (node) =>
      all(node, 'Constraint').some(
        ({ fk_del_action: action, fk_del_set_cols: columns }) => action === 'n' && !columns,
      ),
    because: 'it would set tenant_id to null too; name the column: set null (column)',
  },
  {
    forbids: (node) => {
      if (!('IndexStmt' in node) || !node.IndexStmt.unique) return false
      return all(node.IndexStmt.indexParams, 'IndexElem')[0]?.name !== 'tenant_id'
    },
    because: "a unique index starts with tenant_id, or it would reveal another tenant's row",
  },
  {
    forbids: (node) => 'CreateTrigStmt' in node && !asksIsMove(node.CreateTrigStmt.whenClause),
    because:
      'it would change the rows that a move copies; add the condition `when (not tenancy.is_move())`',
  },
  {
    forbids: (node) =>
      all(node, 'Constraint').some(
        ({ contype, deferrable }) =>
          deferrable && (contype === 'CONSTR_PRIMARY' || contype === 'CONSTR_UNIQUE'),
      ),
    because:
      'a move writes with `on conflict`, which does not support deferrable unique constraints',
  },
  {
    forbids: (node) =>
      keysOf(node, ['CONSTR_PRIMARY', 'CONSTR_UNIQUE']).some(([first]) => first !== 'tenant_id'),
    because: 'a key starts with tenant_id',
  },
]

const asksIsMove = (condition: unknown): boolean =>
  all(condition, 'FuncCall').some(
    ({ funcname }) => strings(funcname).join('.') === 'tenancy.is_move',
  )

/** The schemas that a statement names, except those that every database has. */
function schemasIn(node: Node): string[] {
  const named = [
    ...relationsIn(node).map(({ schemaname }) => schemaname),
    ...all(node, 'ColumnDef').map(({ typeName }) => strings(typeName?.names).at(-2)),
  ]
  if ('CreateEnumStmt' in node) named.push(strings(node.CreateEnumStmt.typeName).at(-2))
  if ('DropStmt' in node) {
    const { removeType = '', objects = [] } = node.DropStmt
    const ofTable = ['OBJECT_TRIGGER', 'OBJECT_POLICY'].includes(removeType)
    named.push(...all(objects, 'List').map(({ items }) => strings(items).at(ofTable ? -3 : -2)))
  }
  return named.flatMap((name) => (name && !['tenancy', 'pg_catalog'].includes(name) ? [name] : []))
}

/** The columns of each constraint of these types. A column constraint has that one column. */
function keysOf(node: Node, types: Constraint['contype'][]): string[][] {
  const isKey = ({ contype, indexname }: Constraint) => types.includes(contype) && !indexname
  const ofColumns = all(node, 'ColumnDef').flatMap(({ colname = '', constraints }) =>
    all(constraints, 'Constraint').map((constraint) => ({ constraint, colname })),
  )
  const inColumns = new Set(ofColumns.map(({ constraint }) => constraint))
  return [
    ...ofColumns.filter(({ constraint }) => isKey(constraint)).map(({ colname }) => [colname]),
    ...all(node, 'Constraint')
      .filter((constraint) => isKey(constraint) && !inColumns.has(constraint))
      .map(({ fk_attrs: columns, keys }) => strings(columns ?? keys)),
  ]
}

/** Statements that may be run again after a file without a transaction was interrupted. */
function isRepeatable(node: Node): boolean {
  if ('IndexStmt' in node) return Boolean(node.IndexStmt.concurrent && node.IndexStmt.if_not_exists)
  if ('DropStmt' in node) return Boolean(node.DropStmt.concurrent && node.DropStmt.missing_ok)
  if ('AlterTableStmt' in node)
    return all(node, 'AlterTableCmd').every(
      ({ subtype = '' }) =>
        subtype === 'AT_ValidateConstraint' || subtype.endsWith('ForceRowSecurity'),
    )
  return 'VacuumStmt' in node || isReindexConcurrently(node)
}

/** Statements that PostgreSQL refuses in a transaction. */
function needsNoTransaction(node: Node): boolean {
  if ('VacuumStmt' in node) return Boolean(node.VacuumStmt.is_vacuumcmd)
  if ('IndexStmt' in node) return Boolean(node.IndexStmt.concurrent)
  if ('DropStmt' in node) return Boolean(node.DropStmt.concurrent)
  const detached = all(node, 'PartitionCmd').some(({ concurrent }) => concurrent)
  return isReindexConcurrently(node) || detached
}

/** True for a foreign key that is checked when it is added to an existing table. */
const isCheckedForeignKey = (node: Node): boolean =>
  addedConstraints(node).some(
    ({ contype, skip_validation: notValid }) => contype === 'CONSTR_FOREIGN' && !notValid,
  )

type Finding = { text: string; because: string }

/**
 * Checks the files of one history against the rules for migrations. Each violation is a line with
 * the tag, the statement and the reason.
 * @param history - The whole history, oldest first.
 * @returns One line for each violation. Empty if there is none.
 */
export async function lintMigrations(history: Migration[]): Promise<string[]> {
  const foreignKeys = new ForeignKeys()
  const lines: string[] = []
  for (const file of history)
    try {
      const parts = await parseMigration(file)
      for (const { node } of parts.flatMap(({ statements }) => statements)) foreignKeys.apply(node)
      lines.push(...findingsIn(file, parts).map((finding) => lineOf(file.tag, finding)))
    } catch (error) {
      if (!UnparsableSql.is(error)) throw error
      lines.push(error.message)
    }
  const last = history.at(-1)
  if (last?.plane === 'tenant')
    lines.push(...foreignKeys.problems().map((finding) => lineOf(last.tag, finding)))
  return lines
}

const lineOf = (tag: string, { text, because }: Finding) =>
  `${tag}: ${text.slice(0, 90)}: ${because}`

function findingsIn(file: Migration, parts: FilePart[]): Finding[] {
  const ofTenants = file.plane === 'tenant'
  const rules = [
    ...everywhere,
    ...(file.transactional ? inTransaction : outsideTransaction),
    ...(ofTenants ? inTenantFiles : []),
    ...(ofTenants && file.index > 0 ? inLaterTenantFiles : []),
  ]
  return [
    ...parts.flatMap(({ text, statements }) =>
      rules
        .filter(({ forbids }) => statements.some(({ node }) => forbids(node)))
        .map(({ because }) => ({ text, because })),
    ),
    ...(file.transactional ? [] : sharedParts(parts)),
    ...(ofTenants ? unprotected(parts) : []),
  ]
}

const inTransaction: LintRule[] = [
  {
    forbids: needsNoTransaction,
    because:
      'it cannot run in a transaction; put it into a separate file with the line `-- no transaction`',
  },
]

const outsideTransaction: LintRule[] = [
  {
    forbids: (node) => !isRepeatable(node),
    because:
      'a file without a transaction may be run again from its start; allowed are create index concurrently if not exists, drop index concurrently if exists, reindex concurrently, validate constraint, force row level security, vacuum and analyze',
  },
]

const inLaterTenantFiles: LintRule[] = [
  {
    forbids: isCheckedForeignKey,
    because:
      'forced policies refuse to look every row up; add it `not valid`, then select tenancy.validate(current_schema(), table, name)',
  },
]

/** PostgreSQL runs statements that are sent together in one transaction. */
const sharedParts = (parts: FilePart[]): Finding[] =>
  parts
    .filter(({ statements }) => statements.length > 1)
    .map(({ text }) => ({
      text,
      because: 'in a file without a transaction, separate statements with breakpoints',
    }))

function unprotected(parts: FilePart[]): Finding[] {
  const statements = parts.flatMap((part) => part.statements)
  const protectedTables = statements.flatMap(({ node }) => callOf(node, 'protect') ?? [])
  return createdTables(statements)
    .filter((table) => !protectedTables.includes(table))
    .map((table) => ({
      text: `create table ${table}`,
      because: `no policy protects it; end the file with select tenancy.protect(current_schema(), '${table}')`,
    }))
}
