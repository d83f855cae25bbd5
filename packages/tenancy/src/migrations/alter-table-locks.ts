import type { AlterTableCmd, AlterTableType, ColumnDef, Constraint, Node } from 'libpg-query'
import { unknownImpact, worse, type Impact } from '#tenancy/migrations/lock-levels'
import { all, strings } from '#tenancy/migrations/parse-sql'

const accessExclusive: Impact = { lock: 'access exclusive' }
const copied: Impact = {
  lock: 'access exclusive',
  rewrites: true,
  why: 'the whole table is copied',
}
const triggers: Impact = { lock: 'share row exclusive' }
const columnSettings: Impact = { lock: 'share update exclusive' }

/** How to remove or rename something that the previous release still uses. */
export const expandAndContract =
  'expand and contract: let the code stop using it in one release, remove it in the next, and mark the file `-- breaking:`'

/** Actions whose impact does not depend on their arguments. */
const actions: Partial<Record<AlterTableType, Impact>> = {
  AT_AddIdentity: accessExclusive,
  AT_ColumnDefault: accessExclusive,
  AT_DropExpression: accessExclusive,
  AT_DropIdentity: accessExclusive,
  AT_DropNotNull: accessExclusive,
  AT_SetCompression: accessExclusive,
  AT_SetIdentity: accessExclusive,
  AT_SetStorage: accessExclusive,
  AT_DropConstraint: accessExclusive,
  AT_EnableRowSecurity: accessExclusive,
  AT_DisableRowSecurity: accessExclusive,
  AT_ForceRowSecurity: accessExclusive,
  AT_NoForceRowSecurity: accessExclusive,
  AT_EnableRule: accessExclusive,
  AT_EnableAlwaysRule: accessExclusive,
  AT_EnableReplicaRule: accessExclusive,
  AT_DisableRule: accessExclusive,
  AT_EnableTrig: triggers,
  AT_EnableAlwaysTrig: triggers,
  AT_EnableReplicaTrig: triggers,
  AT_EnableTrigAll: triggers,
  AT_EnableTrigUser: triggers,
  AT_DisableTrig: triggers,
  AT_DisableTrigAll: triggers,
  AT_DisableTrigUser: triggers,
  AT_SetStatistics: columnSettings,
  AT_SetOptions: columnSettings,
  AT_ResetOptions: columnSettings,
  AT_SetLogged: copied,
  AT_SetUnLogged: copied,
  AT_SetTableSpace: copied,
  AT_SetAccessMethod: copied,
  AT_SetExpression: copied,
  AT_AttachPartition: { lock: 'share update exclusive', reads: true },
  AT_ValidateConstraint: { lock: 'share update exclusive', reads: true },
  AT_AlterColumnType: {
    lock: 'access exclusive',
    rewrites: true,
    why: 'every row and index is rewritten, unless both types are stored alike',
    safer:
      'add a column of the new type, fill it in a data step, switch the code, then drop the old column',
  },
  AT_SetNotNull: {
    lock: 'access exclusive',
    reads: true,
    why: 'every row is checked',
    safer:
      'first `add constraint … check (… is not null) not valid` and `validate constraint`; then this takes a moment',
  },
  AT_DropColumn: {
    lock: 'access exclusive',
    breaks: true,
    why: 'code of the previous release still names it',
    safer: expandAndContract,
  },
}

/** Determines what one action of `alter table` does to the table itself. */
export function impactOfAction({ subtype, def }: AlterTableCmd): Impact {
  if (subtype === 'AT_AddColumn' && def && 'ColumnDef' in def) return addColumn(def.ColumnDef)
  if (subtype === 'AT_AddConstraint' && def && 'Constraint' in def)
    return addConstraint(def.Constraint)
  if (subtype === 'AT_SetRelOptions' || subtype === 'AT_ResetRelOptions')
    return all(def, 'DefElem').every(isStorageParameter)
      ? { lock: 'share update exclusive' }
      : unknownImpact
  return (subtype && actions[subtype]) ?? unknownImpact
}

const isStorageParameter = ({
  defnamespace,
  defname = '',
}: {
  defnamespace?: string
  defname?: string
}) => defnamespace === 'toast' || defname === 'fillfactor' || /^(autovacuum|toast)_/.test(defname)

const volatileFunctions = new Set([
  'gen_random_uuid',
  'uuidv7',
  'uuidv4',
  'random',
  'clock_timestamp',
  'timeofday',
  'nextval',
  'txid_current',
])

/** True for a type such as bigserial, whose default is the next value of a sequence. */
export const isSerial = (type: string | undefined): boolean =>
  /^(small|big)?serial$|^serial[248]$/.test(type ?? '')

function addColumn({ typeName, constraints = [] }: ColumnDef): Impact {
  const found = constraints.flatMap((node) => ('Constraint' in node ? [node.Constraint] : []))
  const has = (type: Constraint['contype']) => found.find(({ contype }) => contype === type)
  const numbered = has('CONSTR_IDENTITY') ?? isSerial(strings(typeName?.names).at(-1))
  const added = [accessExclusive]
  if (has('CONSTR_GENERATED')?.generated_kind === 's')
    added.push({
      lock: 'access exclusive',
      rewrites: true,
      why: 'a stored generated column is computed for every row',
      safer:
        'add a plain column, fill it in a data step and maintain it with a trigger, or make it virtual',
    })
  if (numbered)
    added.push({
      lock: 'access exclusive',
      rewrites: true,
      why: 'every row gets a number',
      safer: 'ids are UUIDs here; use a counter row per tenant for numbers',
    })
  if (isVolatile(has('CONSTR_DEFAULT')?.raw_expr))
    added.push({
      lock: 'access exclusive',
      rewrites: true,
      why: 'its default differs from row to row',
      safer:
        'add the column without a default, set the default in a second statement, and fill existing rows in a data step',
    })
  if (has('CONSTR_NOTNULL') && !has('CONSTR_DEFAULT') && !has('CONSTR_GENERATED') && !numbered)
    added.push({
      lock: 'access exclusive',
      reads: true,
      why: 'it fails wherever the table has rows',
      safer:
        'give it a default, or add it nullable and set it not null after a data step has filled it',
    })
  const checks = ['CONSTR_CHECK', 'CONSTR_UNIQUE', 'CONSTR_PRIMARY', 'CONSTR_FOREIGN'] as const
  added.push(...checks.flatMap((type) => has(type) ?? []).map(addConstraint))
  return added.reduce(worse)
}

const isVolatile = (expression: Node | undefined): boolean =>
  all(expression, 'FuncCall').some(({ funcname }) =>
    volatileFunctions.has(strings(funcname).at(-1) ?? ''),
  )

function addConstraint({ contype, indexname, skip_validation: notValid }: Constraint): Impact {
  switch (contype) {
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      if (indexname) return accessExclusive
      return {
        lock: 'access exclusive',
        reads: true,
        why: 'the index is built under the lock',
        safer:
          '`create unique index concurrently` in a file marked `-- no transaction`, then `add constraint … using index`',
      }
    case 'CONSTR_FOREIGN':
      if (notValid) return { lock: 'share row exclusive' }
      return {
        lock: 'share row exclusive',
        reads: true,
        why: 'every row is looked up, which forced policies refuse',
        safer: 'add it `not valid`, then `select tenancy.validate(current_schema(), table, name)`',
      }
    case 'CONSTR_CHECK':
    case 'CONSTR_NOTNULL':
      if (notValid) return accessExclusive
      return {
        lock: 'access exclusive',
        reads: true,
        why: 'every row is checked',
        safer:
          'add it `not valid` here and `validate constraint` in a later file, which blocks no readers or writers',
      }
    case 'CONSTR_EXCLUSION':
      return { lock: 'access exclusive', reads: true, why: 'the index is built under the lock' }
    default:
      return unknownImpact
  }
}
