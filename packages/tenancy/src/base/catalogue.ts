import type pg from 'pg'
import { TablesInACircle } from '#tenancy/base/errors'

/** A column as the catalogue describes it. */
export type Column = {
  name: string
  /** Its name in an archive that was written before the column was renamed. */
  archivedAs?: string
  /** The SQL type. */
  type: string
  /** The name of the type, or of the type under a domain. */
  base: string
  nullable: boolean
  generated: boolean
  /** Whether an insert may omit the column. */
  optional: boolean
  collates: boolean
}

/** A foreign key to another table, or to the table itself. */
export type Reference = {
  table: string
  columns: string[]
  /** The columns of the other table, in the order of `columns`. */
  referencedColumns: string[]
  /** What happens to this row when the row that it refers to is deleted. */
  onDelete: 'refused' | 'cascade' | 'emptied'
  /** Whether its checks can wait for the commit. `restrict` is always checked at once. */
  deferrable: boolean
}

type Circles = 'none' | 'deferrable' | 'all'

export type Table = { name: string; columns: Column[]; key: string[]; references: Reference[] }

const query = `
select c.relname as name,
  (
    select json_agg(json_build_object(
      'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'base', coalesce(b.typname, t.typname),
      'nullable', not a.attnotnull, 'generated', a.attgenerated <> '', 'optional', not a.attnotnull or a.atthasdef, 'collates', a.attcollation <> 0) order by a.attnum)
    from pg_catalog.pg_attribute as a
    join pg_catalog.pg_type as t on t.oid = a.atttypid
    left join pg_catalog.pg_type as b on b.oid = nullif(t.typbasetype, 0)
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  ) as columns,
  (
    select coalesce(json_agg(a.attname order by k.position), '[]')
    from pg_catalog.pg_index as x
    cross join unnest(x.indkey) with ordinality as k (attnum, position)
    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = k.attnum
    where x.indrelid = c.oid and x.indisprimary and k.position <= x.indnkeyatts
  ) as key,
  (
    select coalesce(json_agg(json_build_object(
      'table', p.relname,
      'columns', (select json_agg(a.attname order by k.position) from unnest(f.conkey) with ordinality as k (attnum, position) join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = k.attnum),
      'referencedColumns', (select json_agg(a.attname order by k.position) from unnest(f.confkey) with ordinality as k (attnum, position) join pg_catalog.pg_attribute as a on a.attrelid = p.oid and a.attnum = k.attnum),
      'deferrable', f.condeferrable and 'r' not in (f.confdeltype, f.confupdtype),
      'onDelete', case f.confdeltype when 'c' then 'cascade' when 'n' then 'emptied' when 'd' then 'emptied' else 'refused' end) order by f.conname), '[]')
    from pg_catalog.pg_constraint as f
    join pg_catalog.pg_class as p on p.oid = f.confrelid
    where f.conrelid = c.oid and f.contype = 'f' and f.conparentid = 0
  ) as references
from pg_catalog.pg_class as c
where c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = $1)
  and c.relkind in ('r', 'p')
  and not c.relispartition
order by c.relname`

/**
 * Reads the tables of a schema from the catalogue, so that export, import, erasure and moves include
 * tables that a migration adds. A table comes after those that its foreign keys refer to.
 * @param client - A connection.
 * @param schema - The schema.
 * @param options.circles - Which tables that refer to each other are accepted: those in a circle with
 *   a deferrable foreign key, all (in any order), or by default none.
 * @returns The tables, with columns, primary key and foreign keys.
 * @throws TablesInACircle
 */
export async function readTables(
  client: Pick<pg.ClientBase, 'query'>,
  schema: string,
  { circles = 'none' }: { circles?: Circles } = {},
): Promise<Table[]> {
  const { rows } = await client.query<Table>({ text: query, values: [schema] })
  return parentsFirst(rows, circles)
}

function parentsFirst(tables: Table[], circles: Circles): Table[] {
  const sorted: Table[] = []
  let left = tables
  while (left.length > 0) {
    const waiting = new Set(left.map(({ name }) => name))
    const readyIf = (mayWait: (reference: Reference) => boolean) =>
      left.filter(({ name, references }) =>
        references.every((one) => one.table === name || !waiting.has(one.table) || mayWait(one)),
      )
    let ready = readyIf(() => false)
    if (ready.length === 0)
      ready = readyIf(
        ({ deferrable }) => circles === 'all' || (circles === 'deferrable' && deferrable),
      ).slice(0, 1)
    if (ready.length === 0)
      throw new TablesInACircle([...waiting], { canDefer: circles === 'deferrable' })
    sorted.push(...ready)
    left = left.filter((table) => !ready.includes(table))
  }
  return sorted
}

/**
 * Returns the columns that an insert may set.
 * @param table - The table.
 * @returns All columns except the generated ones.
 */
export const insertableColumns = (table: Table): Column[] =>
  table.columns.filter(({ generated }) => !generated)
