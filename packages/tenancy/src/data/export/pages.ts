import pg from 'pg'
import type { Table } from '#tenancy/base/catalogue'
import { headOf, lineOf, type FileFormat } from '#tenancy/data/export/row-format'

/** Part of a table's file: rows as text. */
export type TextPage = { rows: number; text: string }

/** Runs a query in a tenant transaction. */
export type TenantQuery = <R extends pg.QueryResultRow>(
  text: string,
  values: unknown[],
) => Promise<R[]>

const targetPageBytes = 2_000_000
const name = pg.escapeIdentifier

/**
 * Reads a table as text, in key order. Holds one page of about two megabytes in memory.
 * @param options - `printAs` replaces the tenant id in the text, so that rows copied to another
 *   tenant have the checksum of the original.
 */
export async function* pagesOf(
  read: TenantQuery,
  table: Table,
  {
    format,
    tenantId,
    printAs = tenantId,
  }: { format: FileFormat; tenantId: string; printAs?: string },
): AsyncGenerator<TextPage> {
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
    limit = Math.min(10_000, Math.max(20, Math.round((limit * targetPageBytes) / page.text.length)))
  }
}

export const countQuery = (table: Table): string =>
  `select count(*)::int as rows from ${name(table.name)} where tenant_id = $1`

function pageQuery(table: Table, format: FileFormat): { first: string; next: string } {
  const key = table.columns
    .filter((column) => table.key.includes(column.name) && column.name !== 'tenant_id')
    .toSorted((a, b) => table.key.indexOf(a.name) - table.key.indexOf(b.name))
  // collations differ between servers, but the byte order does not
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
