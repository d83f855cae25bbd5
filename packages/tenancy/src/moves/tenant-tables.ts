import pg from 'pg'
import { readTables, written as writable } from '#tenancy/base/catalogue'
import { TableNotMovable } from '#tenancy/moves/errors'

/**
 * A tenant table as the catalogue has it. `columns`: all that can be written, `bases`: their types.
 * `key`: the primary key behind tenant_id.
 */
export type TenantTable = {
  name: string
  columns: string[]
  bases: string[]
  key: { name: string; type: string }[]
}

/**
 * Types whose values have the same hash on every server, and other values another; of all others
 * the text is compared.
 */
const hashed = new Set([
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
const texts = new Set(['text', 'varchar'])

const name = pg.escapeIdentifier
const literal = pg.escapeLiteral

/**
 * Every table of a schema, each behind those that it refers to; references in a circle do not
 * matter, the worker leaves them unchecked. Throws TableNotMovable for one whose key does not start
 * with tenant_id.
 */
export async function tenantTables(client: pg.ClientBase, schema: string): Promise<TenantTable[]> {
  return (await readTables(client, schema, { circles: true })).map((table) => {
    const [first, ...key] = table.key
    if (first !== 'tenant_id')
      throw new TableNotMovable(table.name, 'its primary key does not start with tenant_id')
    const typed = key
      .flatMap((column) => table.columns.filter((one) => one.name === column))
      .map(({ name: column, type }) => ({ name: column, type }))
    return {
      name: table.name,
      columns: writable(table).map((column) => column.name),
      bases: writable(table).map(({ base }) => base),
      key: typed,
    }
  })
}

/**
 * The SQL that a table's steps are put together from. Names are quoted; values are ids and keys
 * that the database gave.
 */
export function tableSql(table: TenantTable, tenantId: string) {
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
    after: (alias: string, key: string[] | null) =>
      key === null
        ? 'true'
        : table.key.length === 0
          ? 'false'
          : `(${keyColumns(alias).join(', ')}) > ${tuple(key)}`,
    upTo: (alias: string, key: string[] | null) =>
      key === null || table.key.length === 0
        ? 'true'
        : `(${keyColumns(alias).join(', ')}) <= ${tuple(key)}`,
    /** Joins to a relation with a column `key text[]`, as the log of changed keys has it. */
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

const comparable = (column: string, base: string) =>
  hashed.has(base) ? column : `${texts.has(base) ? column : `${column}::text`} collate "C"`

/** What a table's log rows boil down to, each key once. */
export const changedKeys = (table: TenantTable, tenantId: string) =>
  `(select distinct key from tenancy.changed_keys where tenant_id = ${literal(tenantId)} and table_name = ${literal(table.name)})`

/**
 * The rows of a table that have one of these keys, one look into the primary key for each.
 * Statistics are of no use for a tenant that has just come, so the order of the join is not left to
 * them.
 */
export const rowsOf = (
  table: TenantTable,
  tenantId: string,
  schema: string,
  keys: string,
  what: string,
) => {
  const sql = tableSql(table, tenantId)
  return `select found.* from ${keys} as k cross join lateral (select ${what} from ${sql.in(schema)} as s where ${sql.own('s')} and ${sql.has('s', 'k')} offset 0) as found`
}
