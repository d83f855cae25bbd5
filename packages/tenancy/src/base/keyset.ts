import { asc, desc, sql, type SQL } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { isId } from '#tenancy/base/ids'

// Keyset pagination: the last page costs as much as the first.

/** The row before or after a page. `back` is true for the page before it. */
export type Cursor = { key: string | number; id: string; back: boolean }
/** One page of a list, with the cursors of its neighbours; null where there is none. */
export type Page<Row> = { rows: Row[]; next: string | null; previous: string | null }

/** The order of a list: a column, then the id for equal values. */
export type Ordering = { by: PgColumn; id: PgColumn; descending: boolean }

const print = (key: string | number, id: string) =>
  Buffer.from(JSON.stringify([key, id])).toString('base64url')

/**
 * Reads a cursor from a URL.
 * @param text - The parameter of the URL.
 * @param back - Whether it leads to the previous page.
 * @returns The cursor; null, which means the first page, for any other text.
 */
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

/**
 * Builds the `order by` of a page.
 * @param ordering - The order of the list.
 * @param cursor - Where the page starts; null for the first page.
 * @returns The expressions, reversed for a previous page.
 */
export function orderBy(ordering: Ordering, cursor: Cursor | null): SQL[] {
  const direction = isDown(ordering, cursor) ? desc : asc
  return [direction(ordering.by), direction(ordering.id)]
}

/**
 * Builds the condition for the rows of a page.
 * @param ordering - The order of the list.
 * @param cursor - Where the page starts; null for the first page.
 * @returns The condition; undefined for the first page. `false` when the cursor's key is no value of
 *   the column, as in a forged URL.
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

/**
 * Builds a page of at most `size` rows.
 * @param read - Up to `size + 1` rows in the cursor's direction. The extra row shows that there is
 *   another page.
 * @param size - Rows of a page.
 * @param cursor - Where the page starts; null for the first page.
 * @param keyOf - Returns a row's value in the ordering's column.
 * @returns The page.
 */
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
