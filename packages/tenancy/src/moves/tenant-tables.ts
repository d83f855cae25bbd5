import pg from 'pg'
import { insertableColumns, readTables } from '#tenancy/base/catalogue'
import { TableNotMovable } from '#tenancy/moves/errors'

/**
 * A tenant table as described by the catalogue. `columns` are the writable ones and `bases` the
 * names of their types. `key` is the primary key without tenant_id.
 */
export type MovableTable = {
  name: string
  columns: string[]
  bases: string[]
  key: { name: string; type: string }[]
}

/** Types that hash to the same value on every server. Values of other types are hashed as text. */
const hashableTypes = new Set([
  'uuid',
  'bool',
  'int2',
  'int4',
  'int8',
  'date',
  'timestamp',
  'timestamptz',
  'bytea',
])
const textTypes = new Set(['text', 'varchar'])

const name = pg.escapeIdentifier
const literal = pg.escapeLiteral

/**
 * Lists the tables of a schema, each after those that it references. Circular references are
 * permitted, because the worker writes with references unchecked.
 * @throws TableNotMovable if a primary key does not start with tenant_id.
 */
export async function tenantTables(client: pg.ClientBase, schema: string): Promise<MovableTable[]> {
  return (await readTables(client, schema, { circles: true })).map((table) => {
    const [first, ...key] = table.key
    if (first !== 'tenant_id')
      throw new TableNotMovable(table.name, 'its primary key does not start with tenant_id')
    const typed = key
      .flatMap((column) => table.columns.filter((one) => one.name === column))
      .map(({ name: column, type }) => ({ name: column, type }))
    return {
      name: table.name,
      columns: insertableColumns(table).map((column) => column.name),
      bases: insertableColumns(table).map(({ base }) => base),
      key: typed,
    }
  })
}

/**
 * Quoted SQL fragments for one table. Values in them are ids and keys that the database returned.
 */
export function tableSql(table: MovableTable, tenantId: string) {
  const columns = (alias?: string) =>
    table.columns.map((column) => (alias ? `${alias}.${name(column)}` : name(column))).join(', ')
  const keyColumns = (alias: string) => table.key.map((column) => `${alias}.${name(column.name)}`)
  const tuple = (key: string[]) =>
    `(${table.key.map(({ type }, i) => `${literal(key[i] ?? '')}::${type}`).join(', ')})`
  return {
    columns,
    in: (schema: string) => `${name(schema)}.${name(table.name)}`,
    own: (alias: string) => `${alias}.tenant_id = ${literal(tenantId)}`,
    keyText: (alias: string) =>
      `array[${keyColumns(alias)
        .map((column) => `${column}::text`)
        .join(', ')}]::text[]`,
    order: (alias: string, way = '') =>
      [`${alias}.tenant_id`, ...keyColumns(alias)].map((column) => `${column} ${way}`).join(', '),
    after: (alias: string, key: string[] | null) => {
      if (key === null) return 'true'
      // with tenant_id as the whole key there is one row at most, so none comes after it
      return table.key.length === 0 ? 'false' : `(${keyColumns(alias).join(', ')}) > ${tuple(key)}`
    },
    upTo: (alias: string, key: string[] | null) =>
      key === null || table.key.length === 0
        ? 'true'
        : `(${keyColumns(alias).join(', ')}) <= ${tuple(key)}`,
    /**
     * The condition for a join with a relation that has a column `key text[]`, such as the change
     * log.
     */
    has: (alias: string, keys: string) =>
      table.key
        .map(
          (column, i) => `${alias}.${name(column.name)} = (${keys}.key[${i + 1}])::${column.type}`,
        )
        .join(' and ') || 'true',
    sameKey: (a: string, b: string) =>
      [
        `${a}.tenant_id = ${b}.tenant_id`,
        ...keyColumns(a).map((column, i) => `${column} = ${keyColumns(b)[i]}`),
      ].join(' and '),
    row: (alias: string) => `row(${columns(alias)})::text`,
    hash: (alias: string) =>
      `hash_record_extended(row(${table.columns.map((column, i) => comparable(`${alias}.${name(column)}`, table.bases[i] ?? '')).join(', ')}), 0)`,
  }
}

function comparable(column: string, base: string): string {
  if (hashableTypes.has(base)) return column
  return `${textTypes.has(base) ? column : `${column}::text`} collate "C"`
}

/** A subquery with the distinct keys of a table in the change log. */
export const changedKeysQuery = (table: MovableTable, tenantId: string) =>
  `(select distinct key from tenancy.changed_keys where tenant_id = ${literal(tenantId)} and table_name = ${literal(table.name)})`

/**
 * A query for the rows of a table by key, with one primary-key lookup per key. `offset 0` fixes the
 * join order, because the statistics are useless for a tenant that has just arrived.
 * @param options.keys - A relation with a column `key text[]`.
 * @param options.select - What to select; the row's alias is `s`.
 */
export function rowsByKey(
  table: MovableTable,
  {
    tenantId,
    schema,
    keys,
    select,
  }: { tenantId: string; schema: string; keys: string; select: string },
): string {
  const sql = tableSql(table, tenantId)
  return `select found.* from ${keys} as k cross join lateral (select ${select} from ${sql.in(schema)} as s where ${sql.own('s')} and ${sql.has('s', 'k')} offset 0) as found`
}
