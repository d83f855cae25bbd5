import type { Constraint, Node } from 'libpg-query'
import { all, strings } from '#tenancy/migrations/parse-sql'

type ForeignKey = {
  name: string
  table: string
  columns: string[]
  to: string
  /** Whether its checks can wait for the commit. */
  deferrable: boolean
}
type Index = { name: string; table: string; columns: string[] }

/** The foreign keys and indexes of a schema, as the files of a history leave them. */
export class ForeignKeys {
  #keys: ForeignKey[] = []
  #indexes: Index[] = []

  /** Applies a statement. */
  apply(node: Node): void {
    if ('CreateStmt' in node) this.#addConstraints(node.CreateStmt.relation?.relname, node)
    if ('AlterTableStmt' in node) this.#alter(node.AlterTableStmt.relation?.relname ?? '', node)
    if ('IndexStmt' in node && !node.IndexStmt.whereClause)
      this.#indexes.push({
        name: node.IndexStmt.idxname ?? '',
        table: node.IndexStmt.relation?.relname ?? '',
        columns: all(node.IndexStmt.indexParams, 'IndexElem').map(({ name = '' }) => name),
      })
    if ('DropStmt' in node) {
      const names = all(node.DropStmt.objects, 'List').map(({ items }) => strings(items).at(-1))
      const { removeType } = node.DropStmt
      if (removeType === 'OBJECT_TABLE') this.#remove(({ table }) => names.includes(table))
      if (removeType === 'OBJECT_INDEX')
        this.#indexes = this.#indexes.filter(({ name }) => !names.includes(name))
    }
    if ('RenameStmt' in node) {
      const { renameType, relation, subname = '', newname = '' } = node.RenameStmt
      if (renameType === 'OBJECT_TABLE') this.#renameTable(relation?.relname ?? '', newname)
      if (renameType === 'OBJECT_COLUMN')
        this.#renameColumn(relation?.relname ?? '', subname, newname)
    }
  }

  /** Describes what is wrong with the foreign keys, in one sentence each. */
  problems(): { text: string; because: string }[] {
    return [
      ...this.#keys
        .filter((key) => !this.#indexes.some((index) => supports(index, key)))
        .map((key) => ({
          text: describe(key),
          because: `no index of ${key.table} starts with these columns, so each deletion of a row of ${key.to} reads the whole table; create one`,
        })),
      ...this.#circle().map((key) => ({
        text: describe(key),
        because:
          'it is part of a circle of foreign keys, so no row can be written first; make one of them deferrable, without `restrict`',
      })),
    ]
  }

  #addConstraints(table = '', node: Node): void {
    const ofColumns = all(node, 'ColumnDef').flatMap(({ colname = '', constraints }) =>
      all(constraints, 'Constraint').map((constraint) => ({ constraint, colname })),
    )
    for (const constraint of all(node, 'Constraint')) {
      const column = ofColumns.find((one) => one.constraint === constraint)?.colname
      this.#addConstraint(table, constraint, column === undefined ? [] : [column])
    }
  }

  #addConstraint(table: string, constraint: Constraint, column: string[]): void {
    const { contype, conname, keys, fk_attrs: fkColumns, pktable, deferrable } = constraint
    const named = strings(fkColumns ?? keys)
    const columns = named.length > 0 ? named : column
    if (contype === 'CONSTR_FOREIGN')
      this.#keys.push({
        name: conname ?? `${table}_${columns.join('_')}_fkey`,
        table,
        columns,
        to: pktable?.relname ?? '',
        deferrable:
          Boolean(deferrable) &&
          ![constraint.fk_del_action, constraint.fk_upd_action].includes('r'),
      })
    if (contype === 'CONSTR_PRIMARY' || contype === 'CONSTR_UNIQUE')
      this.#indexes.push({ name: conname ?? '', table, columns })
  }

  #alter(table: string, node: Node): void {
    this.#addConstraints(table, node)
    for (const { subtype, name } of all(node, 'AlterTableCmd')) {
      if (subtype === 'AT_DropConstraint')
        this.#remove((one) => one.table === table && one.name === name)
      if (subtype === 'AT_DropColumn')
        this.#remove((one) => one.table === table && one.columns.includes(name ?? ''))
    }
  }

  #remove(isGone: (one: ForeignKey | Index) => boolean): void {
    this.#keys = this.#keys.filter((one) => !isGone(one))
    this.#indexes = this.#indexes.filter((one) => !isGone(one))
  }

  #renameTable(from: string, to: string): void {
    for (const one of [...this.#keys, ...this.#indexes]) if (one.table === from) one.table = to
    for (const one of this.#keys) if (one.to === from) one.to = to
  }

  #renameColumn(table: string, from: string, to: string): void {
    for (const one of [...this.#keys, ...this.#indexes])
      if (one.table === table)
        one.columns = one.columns.map((column) => (column === from ? to : column))
  }

  /** The foreign keys that a circle consists of, if none of them is deferrable. */
  #circle(): ForeignKey[] {
    let left = this.#keys.filter(({ deferrable, table, to }) => !deferrable && table !== to)
    for (let before = -1; before !== left.length;) {
      before = left.length
      left = left.filter(
        ({ table, to }) =>
          left.some((one) => one.table === to) && left.some((one) => one.to === table),
      )
    }
    return left
  }
}

const supports = (index: Index, { table, columns }: ForeignKey): boolean =>
  index.table === table &&
  columns.every((column) => index.columns.slice(0, columns.length).includes(column))

const describe = ({ table, columns, to }: ForeignKey): string =>
  `foreign key of ${table} (${columns.join(', ')}) to ${to}`
