import { createHash } from 'node:crypto'
import pg from 'pg'
import type { Column, Table } from '#tenancy/base/catalogue'
import { withConnection } from '#tenancy/base/connect'
import { isDatabaseError } from '#tenancy/base/transient-errors'
import { withTransaction } from '#tenancy/base/with-transaction'
import { ArchiveRefused } from '#tenancy/data/errors'
import { fileOf } from '#tenancy/data/export/manifest'
import { pagesOf, type TenantQuery } from '#tenancy/data/export/pages'
import { asText } from '#tenancy/data/export/snapshot'
import type { CheckedArchive } from '#tenancy/data/import/check-archive'
import { linesOf } from '#tenancy/data/import/read-lines'
import { serviceUrl, type Placement } from '#tenancy/registry/placements'
import type { Tenancy } from '#tenancy/base/tenancy'

const batchBytes = 1_000_000
const batchRows = 2000
const name = pg.escapeIdentifier

type LoadReporter = (progress: { table: string; rows: number }) => Promise<void>

/**
 * Loads a checked export into a tenant without rows. All tables are loaded in one transaction,
 * which commits only when the rows, read back, have the same SHA-256 as in the file.
 * @param target - The tenant's placement, and the reason for the service entry.
 * @param report - Receives the progress.
 * @throws ArchiveRefused
 */
export async function loadRows(
  tenancy: Tenancy,
  checked: CheckedArchive,
  target: { placement: Placement; reason: string },
  report: LoadReporter = async () => {},
): Promise<void> {
  const { tenantId, schema, epoch } = target.placement
  const { tables, zip } = checked
  await withConnection(serviceUrl(tenancy, 'worker', target.placement), async (client) => {
    const begin = `begin; set local search_path = ${schema}, pg_temp; ${asText}; set local statement_timeout = 0`
    await withTransaction(
      client,
      async () => {
        await client.query('select tenancy.enter_as_service($1, $2, $3)', [
          tenantId,
          epoch,
          target.reason,
        ])
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
                  throw refusal(error, table, batch)
                })
              if (statement.inserts) rows += batch.lines.length
              await report({ table: table.name, rows })
            }
          }
        }
        const read: TenantQuery = async (text, values) =>
          (await client.query({ text, values, queryMode: 'extended' } as pg.QueryConfig)).rows
        for (const table of tables)
          await compare(checked, { read, table, tenantId }, () =>
            report({ table: table.name, rows }),
          )
      },
      { begin },
    )
  })
}

/** Returns two statements: the second one fills in references between rows of the table. */
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

/** Consecutive lines of a file. `first` is the number of the first line. */
type LineBatch = { first: number; lines: string[] }

async function* batches(content: AsyncIterable<Buffer>, file: string): AsyncGenerator<LineBatch> {
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
  { manifest }: CheckedArchive,
  { read, table, tenantId }: { read: TenantQuery; table: Table; tenantId: string },
  report: () => Promise<void>,
): Promise<void> {
  const facts = manifest.tables.find((one) => one.name === table.name)?.files.ndjson
  const hash = createHash('sha256')
  for await (const { text } of pagesOf(read, table, {
    format: 'ndjson',
    tenantId,
    printAs: manifest.tenant.id,
  })) {
    hash.update(text)
    await report()
  }
  const found = hash.digest('hex')
  if (found !== facts?.sha256)
    throw new ArchiveRefused(
      `the rows of ${table.name} differ when they are read back (SHA-256 ${found.slice(0, 12)} instead of ${facts?.sha256.slice(0, 12)}); the file has values in a format that exports do not use`,
    )
}

function refusal(error: Error, table: Table, { first, lines }: LineBatch): Error {
  if (!isDatabaseError(error) || !/^(2[23]|42804)/.test(error.code)) return error
  const what = error.constraint
    ? `breaks ${error.constraint}`
    : `cannot be stored (${error.message})`
  return new ArchiveRefused(
    `a row of ${table.name}, in lines ${first} to ${first + lines.length - 1}, ${what}`,
  )
}
