import { asc, desc, sql, type SQL } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { isId } from '#tenancy/base/ids'

// Pages by key, never by offset: the hundredth page costs what the first one costs.

export type Cursor = { key: string | number; id: string; back: boolean }
export type Page<Row> = { rows: Row[]; next: string | null; previous: string | null }

/** The order of a list: a column, and the id that tells equal values apart. */
export type Ordering = { by: PgColumn; id: PgColumn; descending: boolean }

const print = (key: string | number, id: string) =>
  Buffer.from(JSON.stringify([key, id])).toString('base64url')

/** Reads a cursor that came by URL; anything that is not one of ours means the first page. */
export function parseCursor(text: string | undefined, back: boolean): Cursor | null {
  if (!text) return null
  try {
    const [key, id]: unknown[] = JSON.parse(Buffer.from(text, 'base64url').toString())
    return ((typeof key === 'string' && !key.includes('\0')) || Number.isSafeInteger(key)) &&
      isId(id)
      ? { key: key as string | number, id, back }
      : null
  } catch {
    return null
  }
}

const isDown = ({ descending }: Ordering, cursor: Cursor | null) =>
  descending !== (cursor?.back ?? false)

export function orderBy(ordering: Ordering, cursor: Cursor | null): SQL[] {
  const turn = isDown(ordering, cursor) ? desc : asc
  return [turn(ordering.by), turn(ordering.id)]
}

/**
 * What lies behind the cursor; nothing, when its key is none that the column could hold, as in an
 * address that somebody made up.
 */
export function beyond(ordering: Ordering, cursor: Cursor | null): SQL | undefined {
  if (!cursor) return undefined
  const { by, id } = ordering
  const key = keyFor(by, cursor.key)
  if (key === undefined) return sql`false`
  return sql`(${by}, ${id}) ${sql.raw(isDown(ordering, cursor) ? '<' : '>')} (${sql.param(key, by)}, ${sql.param(cursor.id, id)})`
}

function keyFor(
  { dataType, columnType }: PgColumn,
  key: string | number,
): string | number | Date | undefined {
  if (columnType === 'PgUUID') return isId(key) ? key : undefined
  if (dataType === 'number') return Number.isSafeInteger(Number(key)) ? Number(key) : undefined
  if (dataType !== 'date') return key
  const moment = new Date(Number(key))
  const year = moment.getUTCFullYear()
  return year > 0 && year < 10_000 ? moment : undefined
}

/** Makes a page of `size` rows out of up to `size + 1` that were read in the cursor's direction. */
export function page<Row extends { id: string }>(
  read: Row[],
  size: number,
  cursor: Cursor | null,
  keyOf: (row: Row) => string | number | Date,
): Page<Row> {
  const more = read.length > size
  const rows = read.slice(0, size)
  if (cursor?.back) rows.reverse()
  const at = (row: Row | undefined) => {
    if (!row) return null
    const key = keyOf(row)
    return print(key instanceof Date ? key.getTime() : key, row.id)
  }
  return {
    rows,
    next: cursor?.back || more ? at(rows.at(-1)) : null,
    previous: cursor && (!cursor.back || more) ? at(rows[0]) : null,
  }
}
