import pg from 'pg'
import type { Table } from '#tenancy/base/catalogue'
import { headOf, lineOf, type Format } from '#tenancy/data/export/lines'

/** A piece of a table's file: so many rows as text. */
export type Page = { rows: number; text: string }

/** Reads in a tenant transaction. */
export type Read = <R extends pg.QueryResultRow>(text: string, values: unknown[]) => Promise<R[]>

const aim = 2_000_000
const name = pg.escapeIdentifier

/**
 * One table as text in pages of about two megabytes, in the order of its key. In: a way to read,
 * the tenant, and the tenant id to print: rows that were copied to another tenant have the text of
 * the first, and so its checksum. Holds one page at a time.
 */
export async function* pagesOf(
  read: Read,
  table: Table,
  format: Format,
  tenantId: string,
  printAs = tenantId,
): AsyncGenerator<Page> {
  yield { rows: 0, text: headOf(table, format) }
  const query = pageQuery(table, format)
  let after: string[] | null = null
  for (let limit = 500; ;) {
    const found: { rows: number; text: string | null; last: string[] | null }[] = await read(
      after ? query.next : query.first,
      [tenantId, printAs, limit, ...(after ?? [])],
    )
    const [page] = found
    if (!page?.text || !page.last) return
    yield { rows: page.rows, text: page.text }
    if (page.rows < limit) return
    after = page.last
    limit = Math.min(10_000, Math.max(20, Math.round((limit * aim) / page.text.length)))
  }
}

export const countQuery = (table: Table): string =>
  `select count(*)::int as rows from ${name(table.name)} where tenant_id = $1`

function pageQuery(table: Table, format: Format): { first: string; next: string } {
  const key = table.columns
    .filter((column) => table.key.includes(column.name) && column.name !== 'tenant_id')
    .toSorted((a, b) => table.key.indexOf(a.name) - table.key.indexOf(b.name))
  // the order of texts differs between servers; that of their bytes does not
  const keys = key.map((column) => `t.${name(column.name)}${column.collates ? ' collate "C"' : ''}`)
  const from = key.map((column, i) => `$${i + 4}::text::${column.type}`)
  const query = (beyond: string) => `
    with page as materialized (
      select ${lineOf(table, format)} as line, array[${key.map((column) => `t.${name(column.name)}::text`).join(', ')}]::text[] as key
      from ${name(table.name)} as t
      where t.tenant_id = $1${beyond}
      order by ${keys.length > 0 ? keys.join(', ') : 't.tenant_id'}
      limit $3
    )
    select count(*)::int as rows, string_agg(line, '') as text, (select key from page offset (select greatest(count(*) - 1, 0) from page)) as last
    from page`
  return {
    first: query(''),
    next: query(
      keys.length > 0 ? ` and (${keys.join(', ')}) > (${from.join(', ')})` : ' and false',
    ),
  }
}
