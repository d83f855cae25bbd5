import pg from 'pg'
import { insertableColumns, readTables, type Reference } from '#tenancy/base/catalogue'
import { TableNotMovable } from '#tenancy/moves/errors'

/**
 * A tenant table as described by the catalogue. `columns` are the writable ones and `bases` the
 * names of their types. `generated` are the others. `key` is the primary key without tenant_id.
 */
export type MovableTable = {
  name: string
  columns: string[]
  bases: string[]
  generated: string[]
  key: { name: string; type: string }[]
  references: Reference[]
  /**
   * The columns that unique indexes other than the primary key, or exclusion constraints, use, and
   * those of the primary key whose equal values may differ as text, such as 1.0 and 1.00.
   */
  uniqueColumns: string[]
  /**
   * The names of the tables, with this one, that refer to each other in a circle, or this table's
   * name if it refers to itself. Otherwise empty.
   */
  circle: string[]
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

// expressions and predicates use columns too, which pg_depend lists
const uniqueColumnsQuery = `
  select c.relname as table, array_agg(distinct a.attname::text) as columns
  from pg_catalog.pg_class as c
  join pg_catalog.pg_index as x on x.indrelid = c.oid and not x.indisprimary and (x.indisunique or x.indisexclusion)
  join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
  where c.relnamespace = $1::regnamespace
    and (
      a.attnum = any (x.indkey::int2[])
      or exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = x.indexrelid
          and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = c.oid and d.refobjsubid = a.attnum
      )
    )
  group by c.relname`

/**
 * Lists the tables of a schema, each after those that it references. In a circle, a deferrable
 * foreign key may refer to a later table.
 * @throws TablesInACircle if a circle has no deferrable foreign key.
 * @throws TableNotMovable if a primary key does not start with tenant_id.
 */
export async function tenantTables(client: pg.ClientBase, schema: string): Promise<MovableTable[]> {
  const tables = await readTables(client, schema, { circles: 'deferrable' })
  const { rows } = await client.query<{ table: string; columns: string[] }>({
    text: uniqueColumnsQuery,
    values: [schema],
  })
  const reached = new Map(tables.map(({ name }) => [name, new Set<string>()]))
  const reach = (from: string, table: string) => {
    for (const { table: next } of tables.find((one) => one.name === table)?.references ?? [])
      if (!reached.get(from)?.has(next)) {
        reached.get(from)?.add(next)
        reach(from, next)
      }
  }
  for (const { name } of tables) reach(name, name)
  return tables.map((table) => {
    const [first, ...key] = table.key
    if (first !== 'tenant_id')
      throw new TableNotMovable(table.name, 'its primary key does not start with tenant_id')
    const typed = key
      .flatMap((column) => table.columns.filter((one) => one.name === column))
      .map(({ name: column, type }) => ({ name: column, type }))
    const unique = rows.find((one) => one.table === table.name)?.columns ?? []
    const loose = table.columns.filter(
      (column) =>
        key.includes(column.name) && !hashableTypes.has(column.base) && !textTypes.has(column.base),
    )
    return {
      name: table.name,
      columns: insertableColumns(table).map((column) => column.name),
      bases: insertableColumns(table).map(({ base }) => base),
      generated: table.columns.filter((column) => column.generated).map((column) => column.name),
      key: typed,
      references: table.references,
      uniqueColumns: [...new Set([...unique, ...loose.map((column) => column.name)])],
      circle: [...(reached.get(table.name) ?? [])].filter((other) =>
        reached.get(other)?.has(table.name),
      ),
    }
  })
}

// the engine's own triggers are internal, or call tenancy.capture
const obstaclesQuery = `
  select c.relname as table, format('trigger %I would change the rows that a move writes; create it with \`when (not tenancy.is_move())\`', t.tgname) as why
  from pg_catalog.pg_trigger as t
  join pg_catalog.pg_class as c on c.oid = t.tgrelid
  where c.relnamespace = $1::regnamespace and not t.tgisinternal and t.tgenabled <> 'D'
    and t.tgfoid is distinct from to_regprocedure('tenancy.capture()')
    and not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_trigger'::regclass and d.objid = t.oid
        and d.refclassid = 'pg_catalog.pg_proc'::regclass and d.refobjid = to_regprocedure('tenancy.is_move()')
    )
  union all
  select c.relname, format('constraint %I is unique and deferrable, which \`on conflict\` does not support; make it not deferrable', k.conname)
  from pg_catalog.pg_constraint as k
  join pg_catalog.pg_class as c on c.oid = k.conrelid
  where c.relnamespace = $1::regnamespace and k.contype in ('p', 'u', 'x') and k.condeferrable`

/**
 * Checks that a move can copy the tables of a schema with triggers and foreign keys active.
 * @throws TableNotMovable
 */
export async function assertMovable(client: pg.ClientBase, schema: string): Promise<void> {
  const {
    rows: [found],
  } = await client.query<{ table: string; why: string }>(obstaclesQuery, [schema])
  if (found) throw new TableNotMovable(found.table, found.why)
}

/**
 * Quoted SQL fragments for one table. Values in them are ids and keys that the database returned.
 */
export function tableSql(table: MovableTable, tenantId: string) {
  const list = (names: string[], alias?: string) =>
    names.map((column) => (alias ? `${alias}.${name(column)}` : name(column))).join(', ')
  const columns = (alias?: string) => list(table.columns, alias)
  const keyColumns = (alias: string) => table.key.map((column) => `${alias}.${name(column.name)}`)
  const tuple = (key: string[]) =>
    `(${table.key.map(({ type }, i) => `${literal(key[i] ?? '')}::${type}`).join(', ')})`
  const others = table.columns.filter(
    (column) => column !== 'tenant_id' && !table.key.some((one) => one.name === column),
  )
  return {
    columns,
    /** Also the generated columns, which foreign keys and unique indexes may use. */
    allColumns: (alias?: string) => list([...table.columns, ...table.generated], alias),
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
    /** The columns that an update must not change in place, as text. */
    uniqueRow: (alias: string) =>
      `row(${table.uniqueColumns.map((column) => `${alias}.${name(column)}`).join(', ')})::text`,
    upsert: [
      `on conflict (${['tenant_id', ...table.key.map((column) => name(column.name))].join(', ')}) do`,
      others.length === 0
        ? 'nothing'
        : `update set ${others.map((column) => `${name(column)} = excluded.${name(column)}`).join(', ')}`,
    ].join(' '),
    hash: (alias: string) =>
      `hash_record_extended(row(${table.columns.map((column, i) => comparable(`${alias}.${name(column)}`, table.bases[i] ?? '')).join(', ')}), 0)`,
  }
}

function comparable(column: string, base: string): string {
  if (hashableTypes.has(base)) return column
  return `${textTypes.has(base) ? column : `${column}::text`} collate "C"`
}

/** The condition that a row refers to another one. */
export const referenceJoin = (
  { columns, referencedColumns }: Reference,
  from: string,
  to: string,
): string =>
  columns
    .map((column, i) => `${to}.${name(referencedColumns[i] ?? '')} = ${from}.${name(column)}`)
    .join(' and ')

/** The condition that each reference of a row is null, or refers to a row in the schema. */
export const referencesExist = (
  { references }: MovableTable,
  alias: string,
  schema: string,
): string =>
  references
    .map((reference) => {
      const nulls = reference.columns.map((column) => `${alias}.${name(column)} is null or `)
      return `(${nulls.join('')}exists (select from ${name(schema)}.${name(reference.table)} as p where ${referenceJoin(reference, alias, 'p')} offset 0))`
    })
    .join(' and ') || 'true'

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
