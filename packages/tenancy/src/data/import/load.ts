import { createHash } from 'node:crypto'
import pg from 'pg'
import type { Column, Table } from '#tenancy/base/catalogue'
import { withConnection } from '#tenancy/base/connect'
import { withTransaction } from '#tenancy/base/with-transaction'
import { ArchiveRefused } from '#tenancy/data/errors'
import { fileOf } from '#tenancy/data/export/manifest'
import { pagesOf, type Read } from '#tenancy/data/export/pages'
import { asText } from '#tenancy/data/export/snapshot'
import type { Checked } from '#tenancy/data/import/check'
import { linesOf } from '#tenancy/data/import/lines'
import { serviceUrl, type Placement } from '#tenancy/registry/placements'
import type { Tenancy } from '#tenancy/base/tenancy'

const batchBytes = 1_000_000
const batchRows = 2000
const name = pg.escapeIdentifier

type Tell = (progress: { table: string; rows: number }) => Promise<void>

/**
 * Loads a checked export into a tenant that has no rows yet: all tables in one transaction, inside
 * that tenant, and then reads them back and compares their SHA-256 with the file's. Commits only
 * when every one is equal. Throws ArchiveRefused.
 */
export async function load(
  tenancy: Tenancy,
  checked: Checked,
  { tenantId, schema, epoch, ...place }: Placement,
  reason: string,
  tell: Tell = async () => {},
): Promise<void> {
  const { tables, zip } = checked
  await withConnection(serviceUrl(tenancy, 'worker', { ...place, schema }), async (client) => {
    const begin = `begin; set local search_path = ${schema}, pg_temp; ${asText}; set local statement_timeout = 0`
    await withTransaction(
      client,
      async () => {
        await client.query('select tenancy.enter_as_service($1, $2, $3)', [tenantId, epoch, reason])
        let rows = 0
        for (const table of tables) {
          for (const statement of statementsFor(table)) {
            for await (const batch of batches(
              zip.content(fileOf(table.name, 'ndjson')),
              fileOf(table.name, 'ndjson'),
            )) {
              await client
                .query(statement.text, [tenantId, `[${batch.lines.join(',')}]`])
                .catch((error: Error) => {
                  throw refusal(
                    error,
                    table.name,
                    batch.first,
                    batch.first + batch.lines.length - 1,
                  )
                })
              if (statement.inserts) rows += batch.lines.length
              await tell({ table: table.name, rows })
            }
          }
        }
        const read: Read = async (text, values) =>
          (await client.query({ text, values, queryMode: 'extended' } as pg.QueryConfig)).rows
        for (const table of tables)
          await compare(read, table, tenantId, checked, () => tell({ table: table.name, rows }))
      },
      { begin },
    )
  })
}

/**
 * Rows that refer to rows of their own table come in without that, and get it when all of them are
 * there.
 */
function statementsFor(table: Table): { text: string; inserts: boolean }[] {
  const own = new Set(
    table.references
      .filter((one) => one.table === table.name)
      .flatMap(({ columns }) => columns)
      .filter((column) => column !== 'tenant_id'),
  )
  const later = table.columns.filter((column) => own.has(column.name) && column.nullable)
  const value = ({ name: column, archivedAs = column, type, base }: Column) => {
    if (column === 'tenant_id') return '$1::uuid'
    const operator = base === 'jsonb' ? '->' : '->>'
    return `(r ${operator} ${pg.escapeLiteral(archivedAs)})::${type}`
  }
  const insert = `
    insert into ${name(table.name)} (${table.columns.map((column) => name(column.name)).join(', ')}) overriding system value
    select ${table.columns.map((column) => (later.includes(column) ? 'null' : value(column))).join(', ')}
    from jsonb_array_elements($2::jsonb) as r`
  if (later.length === 0) return [{ text: insert, inserts: true }]
  const key = table.columns.filter((column) => table.key.includes(column.name))
  const update = `
    update ${name(table.name)} as t
    set ${later.map((column) => `${name(column.name)} = ${value(column)}`).join(', ')}
    from jsonb_array_elements($2::jsonb) as r
    where ${key.map((column) => `t.${name(column.name)} = ${value(column)}`).join(' and ')}`
  return [
    { text: insert, inserts: true },
    { text: update, inserts: false },
  ]
}

async function* batches(
  content: AsyncIterable<Buffer>,
  file: string,
): AsyncGenerator<{ first: number; lines: string[] }> {
  let lines: string[] = []
  let size = 0
  let last = 0
  for await (const { text, number } of linesOf(content, file)) {
    lines.push(text)
    size += text.length
    last = number
    if (size < batchBytes && lines.length < batchRows) continue
    yield { first: last - lines.length + 1, lines }
    lines = []
    size = 0
  }
  if (lines.length > 0) yield { first: last - lines.length + 1, lines }
}

async function compare(
  read: Read,
  table: Table,
  tenantId: string,
  { manifest }: Checked,
  tell: () => Promise<void>,
): Promise<void> {
  const facts = manifest.tables.find((one) => one.name === table.name)?.files.ndjson
  const hash = createHash('sha256')
  for await (const { text } of pagesOf(read, table, 'ndjson', tenantId, manifest.tenant.id)) {
    hash.update(text)
    await tell()
  }
  const found = hash.digest('hex')
  if (found !== facts?.sha256)
    throw new ArchiveRefused(
      `the rows of ${table.name} are not the same when they are read back (${found.slice(0, 12)} instead of ${facts?.sha256.slice(0, 12)}); the file holds values in another form than exports have`,
    )
}

function refusal(error: Error, table: string, from: number, to: number): Error {
  if (!(error instanceof pg.DatabaseError) || !/^(2[23]|42804)/.test(error.code ?? '')) return error
  const what = error.constraint
    ? `breaks ${error.constraint}`
    : `cannot be stored (${error.message})`
  return new ArchiveRefused(`a row of ${table}, in lines ${from} to ${to}, ${what}`)
}
