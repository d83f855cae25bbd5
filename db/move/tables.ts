import pg from 'pg'
import { TableNotMovable } from '#db/errors'

/** A tenant table as the catalogue has it. `columns`: all that can be written. `key`: the primary key behind tenant_id. */
export type TenantTable = { name: string; columns: string[]; key: { name: string; type: string }[]; parents: string[] }

const name = pg.escapeIdentifier
const literal = pg.escapeLiteral

/** Every table of a schema, each behind those that it refers to. Throws TableNotMovable for one whose key does not start with tenant_id. */
export async function tenantTables(client: pg.ClientBase, schema: string): Promise<TenantTable[]> {
  const { rows } = await client.query<TenantTable>(`
    select c.relname as name,
      (select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
      (select coalesce(jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by k.place), '[]')
        from pg_catalog.pg_index as i
        cross join lateral unnest(i.indkey) with ordinality as k (number, place)
        join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number
        where i.indrelid = c.oid and i.indisprimary) as key,
      array(select distinct p.relname::text from pg_catalog.pg_constraint as f join pg_catalog.pg_class as p on p.oid = f.confrelid
        where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as parents
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = $1 and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname`, [schema])
  return parentsFirst(rows.map((table) => {
    const [first, ...key] = table.key
    if (first?.name !== 'tenant_id') throw new TableNotMovable(table.name, 'its primary key does not start with tenant_id')
    return { ...table, key }
  }))
}

function parentsFirst(tables: TenantTable[]): TenantTable[] {
  const left = [...tables]
  const done: TenantTable[] = []
  while (left.length > 0) {
    const free = left.findIndex(({ parents }) => !parents.some((parent) => left.some((other) => other.name === parent)))
    done.push(...left.splice(Math.max(free, 0), 1)) // in a circle of references any may be the first
  }
  return done
}

/** The SQL that a table's steps are put together from. Names are quoted; values are ids and keys that the database gave. */
export function written(table: TenantTable, tenantId: string) {
  const columns = (alias?: string) => table.columns.map((column) => (alias ? `${alias}.${name(column)}` : name(column))).join(', ')
  const keyColumns = (alias: string) => table.key.map((column) => `${alias}.${name(column.name)}`)
  const tuple = (key: string[]) => `(${table.key.map(({ type }, i) => `${literal(key[i] ?? '')}::${type}`).join(', ')})`
  return {
    columns,
    in: (schema: string) => `${name(schema)}.${name(table.name)}`,
    own: (alias: string) => `${alias}.tenant_id = ${literal(tenantId)}`,
    keyText: (alias: string) => `array[${keyColumns(alias).map((column) => `${column}::text`).join(', ')}]::text[]`,
    order: (alias: string, way = '') => [`${alias}.tenant_id`, ...keyColumns(alias)].map((column) => `${column} ${way}`).join(', '),
    after: (alias: string, key: string[] | null) => (key === null ? 'true' : table.key.length === 0 ? 'false' : `(${keyColumns(alias).join(', ')}) > ${tuple(key)}`),
    upTo: (alias: string, key: string[] | null) => (key === null || table.key.length === 0 ? 'true' : `(${keyColumns(alias).join(', ')}) <= ${tuple(key)}`),
    /** Joins to a relation with a column `key text[]`, as the log of changed keys has it. */
    has: (alias: string, keys: string) => table.key.map((column, i) => `${alias}.${name(column.name)} = (${keys}.key[${i + 1}])::${column.type}`).join(' and ') || 'true',
    sameKey: (a: string, b: string) => [`${a}.tenant_id = ${b}.tenant_id`, ...keyColumns(a).map((column, i) => `${column} = ${keyColumns(b)[i]}`)].join(' and '),
    row: (alias: string) => `row(${columns(alias)})::text`,
  }
}

/** What a table's log rows boil down to, each key once. */
export const changedKeys = (table: TenantTable, tenantId: string) =>
  `(select distinct key from tenancy.changed_keys where tenant_id = ${literal(tenantId)} and table_name = ${literal(table.name)})`

/**
 * The rows of a table that have one of these keys, one look into the primary key for each. Statistics are of no use for a tenant that
 * has just come, so the order of the join is not left to them.
 */
export const rowsOf = (table: TenantTable, tenantId: string, schema: string, keys: string, what: string) => {
  const sql = written(table, tenantId)
  return `select found.* from ${keys} as k cross join lateral (select ${what} from ${sql.in(schema)} as s where ${sql.own('s')} and ${sql.has('s', 'k')} offset 0) as found`
}
