import type pg from 'pg'
import { TablesInACircle } from '#tenancy/base/errors'

/**
 * A column as the catalogue describes it. `type` is its SQL type, `base` the type under a domain. An
 * `optional` column can be left out of an insert.
 */
export type Column = {
  name: string
  /** The name in an archive, when it was insertableColumns before the column was renamed. */
  archivedAs?: string
  type: string
  base: string
  nullable: boolean
  generated: boolean
  optional: boolean
  collates: boolean
}

/**
 * A foreign key to another table, or to the table itself. `onDelete` is what
 * happens to this row when the other one is deleted.
 */
export type Reference = {
  table: string
  columns: string[]
  onDelete: 'refused' | 'cascade' | 'emptied'
}

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
 * The tables of one schema with columns, primary key and foreign keys, those referred to before
 * those that refer to them. Read from the catalogue, so that a table that a migration adds is there
 * for export, import, erasure and moves. Throws TablesInACircle, unless whoever asks can do with
 * `circles`: then any of those in one comes first.
 */
export async function readTables(
  client: Pick<pg.ClientBase, 'query'>,
  schema: string,
  { circles = false } = {},
): Promise<Table[]> {
  const { rows } = await client.query<Table>({ text: query, values: [schema] })
  return parentsFirst(rows, circles)
}

function parentsFirst(tables: Table[], circles: boolean): Table[] {
  const sorted: Table[] = []
  let left = tables
  while (left.length > 0) {
    const waiting = new Set(left.map(({ name }) => name))
    const free = left.filter(({ name, references }) =>
      references.every(({ table }) => table === name || !waiting.has(table)),
    )
    if (free.length === 0 && !circles) throw new TablesInACircle([...waiting])
    const ready = free.length > 0 ? free : left.slice(0, 1)
    sorted.push(...ready)
    left = left.filter((table) => !ready.includes(table))
  }
  return sorted
}

/** The columns that a row is insertableColumns with; the others are worked out by the database. */
export const insertableColumns = ({ columns }: Table): Column[] =>
  columns.filter(({ generated }) => !generated)
