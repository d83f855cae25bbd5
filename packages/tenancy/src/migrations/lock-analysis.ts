import type { DropStmt, Node, RenameStmt, VacuumStmt } from 'libpg-query'
import { expandAndContract, impactOfAction } from '#tenancy/migrations/alter-table-locks'
import {
  lockLevels,
  unknownImpact,
  worse,
  type Impact,
  type Lock,
  type TableImpact,
} from '#tenancy/migrations/lock-levels'
import { all, callOf, parseSql, strings, type ParsedStatement } from '#tenancy/migrations/parse-sql'

const noTransaction = 'in a file marked `-- no transaction`'
const underTheLock = 'the index is built under the lock'
const changesRows: Impact = {
  lock: 'row exclusive',
  why: 'row-level security refuses it here',
  safer: 'a data step, which runs in a transaction of each tenant',
}

/** Statements that lock no existing table. */
const lockFree = [
  'AlterDefaultPrivilegesStmt',
  'AlterFunctionStmt',
  'CompositeTypeStmt',
  'CreateDomainStmt',
  'CreateEnumStmt',
  'CreateFunctionStmt',
  'CreateRangeStmt',
  'CreateSchemaStmt',
  'CreateSeqStmt',
  'CreateTableAsStmt',
  'DefineStmt',
  'GrantRoleStmt',
  'GrantStmt',
  'VariableSetStmt',
  'ViewStmt',
]

/**
 * Predicts what SQL locks. Returns one entry for each table that each statement locks, with the
 * strongest lock if an `alter table` has several actions. An unknown statement counts as the worst.
 * @throws UnparsableSql
 */
export const analyzeLocks = async (sql: string): Promise<TableImpact[]> =>
  (await parseSql(sql)).flatMap(impactsOf)

/** Predicts what one parsed statement locks. */
export function impactsOf({ node, dynamic }: ParsedStatement): TableImpact[] {
  if (lockFree.some((name) => name in node)) return [on(null, { lock: 'none' })]
  if ('DoStmt' in node) return [on(null, dynamic ? unknownImpact : { lock: 'none' })]
  return (
    alterTable(node) ??
    onIndexes(node) ??
    onTables(node) ??
    onRows(node) ?? [on(null, unknownImpact)]
  )
}

const on = (table: string | null | undefined, impact: Impact): TableImpact => ({
  ...impact,
  table: table ?? null,
})

function alterTable(node: Node): TableImpact[] | undefined {
  if ('RenameStmt' in node) return [renamed(node.RenameStmt)]
  if (!('AlterTableStmt' in node)) return undefined
  const { relation, cmds = [], objtype } = node.AlterTableStmt
  if (objtype === 'OBJECT_INDEX') return [on(null, { lock: 'share update exclusive' })]
  if (objtype !== 'OBJECT_TABLE') return undefined
  const impacts = cmds.flatMap((cmd) =>
    'AlterTableCmd' in cmd ? [impactOfAction(cmd.AlterTableCmd)] : [],
  )
  return [on(relation?.relname, impacts.reduce(worse)), ...referencedTables(node)]
}

/** A foreign key blocks writers of the table that it references as well. */
const referencedTables = (node: Node): TableImpact[] =>
  all(node, 'Constraint')
    .filter(({ contype }) => contype === 'CONSTR_FOREIGN')
    .map(({ pktable, skip_validation: notValid }) =>
      on(pktable?.relname, {
        lock: 'share row exclusive',
        ...(notValid || 'CreateStmt' in node
          ? {}
          : { reads: true, why: 'every row is looked up in it' }),
      }),
    )

function renamed({ renameType, relation }: RenameStmt): TableImpact {
  switch (renameType) {
    case 'OBJECT_INDEX':
      return on(null, { lock: 'share update exclusive' })
    case 'OBJECT_FUNCTION':
      return on(null, { lock: 'none' })
    case 'OBJECT_POLICY':
    case 'OBJECT_TABCONSTRAINT':
      return on(relation?.relname, { lock: 'access exclusive' })
    case 'OBJECT_COLUMN':
    case 'OBJECT_TABLE':
      return on(relation?.relname, {
        lock: 'access exclusive',
        breaks: true,
        why: 'code of the previous release only knows the old name',
        safer: expandAndContract,
      })
    default:
      return on(relation?.relname, unknownImpact)
  }
}

function onIndexes(node: Node): TableImpact[] | undefined {
  if ('IndexStmt' in node) {
    const { relation, concurrent } = node.IndexStmt
    return [
      on(
        relation?.relname,
        concurrent
          ? { lock: 'share update exclusive', reads: true }
          : {
              lock: 'share',
              reads: true,
              why: underTheLock,
              safer: `create index concurrently, ${noTransaction} of its own`,
            },
      ),
    ]
  }
  if ('ReindexStmt' in node) {
    const { kind, relation } = node.ReindexStmt
    const table = kind === 'REINDEX_OBJECT_TABLE' ? relation?.relname : null
    return [
      on(
        table,
        isReindexConcurrently(node)
          ? { lock: 'share update exclusive', reads: true }
          : {
              lock: 'access exclusive',
              reads: true,
              why: underTheLock,
              safer: `reindex concurrently, ${noTransaction}`,
            },
      ),
    ]
  }
  return undefined
}

/** True for `reindex concurrently`. */
export const isReindexConcurrently = (node: Node): boolean =>
  'ReindexStmt' in node &&
  all(node.ReindexStmt.params, 'DefElem').some(({ defname }) => defname === 'concurrently')

function onTables(node: Node): TableImpact[] | undefined {
  if ('CreateStmt' in node)
    return [on(node.CreateStmt.relation?.relname, { lock: 'none' }), ...referencedTables(node)]
  if ('DropStmt' in node) return dropped(node.DropStmt)
  if ('TruncateStmt' in node)
    return all(node, 'RangeVar').map(({ relname }) =>
      on(relname, {
        lock: 'access exclusive',
        why: "it deletes every tenant's rows, past row-level security",
        safer: 'delete per tenant in a data step',
      }),
    )
  if ('CreateTrigStmt' in node)
    return [on(node.CreateTrigStmt.relation?.relname, { lock: 'share row exclusive' })]
  if ('CreatePolicyStmt' in node)
    return [on(node.CreatePolicyStmt.table?.relname, { lock: 'access exclusive' })]
  if ('AlterPolicyStmt' in node)
    return [on(node.AlterPolicyStmt.table?.relname, { lock: 'access exclusive' })]
  if ('LockStmt' in node) {
    const lock = (Object.keys(lockLevels) as Lock[])[node.LockStmt.mode ?? 8] ?? 'access exclusive'
    return all(node, 'RangeVar').map(({ relname }) => on(relname, { lock }))
  }
  if ('VacuumStmt' in node) return vacuumed(node.VacuumStmt)
  if ('ClusterStmt' in node) return [on(node.ClusterStmt.relation?.relname, copied)]
  if ('CreateStatsStmt' in node)
    return all(node, 'RangeVar').map(({ relname }) =>
      on(relname, { lock: 'share update exclusive' }),
    )
  if ('CommentStmt' in node) {
    const { objtype, object } = node.CommentStmt
    const names = strings(object && 'List' in object ? object.List.items : [])
    if (objtype === 'OBJECT_TABLE') return [on(names.at(-1), { lock: 'share update exclusive' })]
    if (objtype === 'OBJECT_COLUMN') return [on(names.at(-2), { lock: 'share update exclusive' })]
    return [on(null, { lock: 'none' })]
  }
  return undefined
}

const copied: Impact = {
  lock: 'access exclusive',
  rewrites: true,
  why: 'the whole table is copied',
}

function dropped({ removeType, objects = [], concurrent }: DropStmt): TableImpact[] | undefined {
  const names = objects.map((object) => strings('List' in object ? object.List.items : []))
  switch (removeType) {
    case 'OBJECT_INDEX':
      if (concurrent) return [on(null, { lock: 'share update exclusive' })]
      return [
        on(null, {
          lock: 'access exclusive',
          why: 'it waits for every transaction on the table, and every later one waits behind it',
          safer: `drop index concurrently, ${noTransaction}`,
        }),
      ]
    case 'OBJECT_TABLE':
      return names.map((name) =>
        on(name.at(-1), {
          lock: 'access exclusive',
          breaks: true,
          why: 'code of the previous release still reads it',
          safer: expandAndContract,
        }),
      )
    case 'OBJECT_TRIGGER':
    case 'OBJECT_POLICY':
      return names.map((name) => on(name.at(-2), { lock: 'access exclusive' }))
    case 'OBJECT_FUNCTION':
    case 'OBJECT_VIEW':
    case 'OBJECT_TYPE':
    case 'OBJECT_DOMAIN':
    case 'OBJECT_SEQUENCE':
      return [on(null, { lock: 'none' })]
    default:
      return undefined
  }
}

function vacuumed({ options, rels = [] }: VacuumStmt): TableImpact[] {
  const full = all(options, 'DefElem').some(({ defname }) => defname === 'full')
  const impact: Impact = full ? copied : { lock: 'share update exclusive', reads: true }
  const tables = all(rels, 'VacuumRelation').map(({ relation }) => relation?.relname)
  return tables.length > 0 ? tables.map((table) => on(table, impact)) : [on(null, impact)]
}

/** Queries and data changes, including those within `with`. */
function onRows(node: Node): TableImpact[] | undefined {
  const validated = callOf(node, 'validate')
  if (validated)
    return [
      on(validated[0], {
        lock: 'access exclusive',
        reads: true,
        why: 'every row is looked up',
        safer: `${noTransaction} of its own: \`no force row level security\` on both tables, \`validate constraint\`, \`force row level security\` on both`,
      }),
    ]
  const protectedTable = callOf(node, 'protect')
  if (protectedTable) return [on(protectedTable[0], { lock: 'access exclusive' })]
  const changes = changedTables(node).map((table) => on(table, changesRows))
  if ('SelectStmt' in node && changes.length === 0) return [on(null, { lock: 'none' })]
  return changes.length > 0 ? changes : undefined
}

/** The tables whose rows a statement changes, at its top or within `with`. */
export const changedTables = (node: Node): string[] =>
  'CreateFunctionStmt' in node
    ? []
    : [
        ...all(node, 'InsertStmt'),
        ...all(node, 'UpdateStmt'),
        ...all(node, 'DeleteStmt'),
        ...all(node, 'MergeStmt'),
      ].map(({ relation }) => relation?.relname ?? '')
