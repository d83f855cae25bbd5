import pg from 'pg'
import { insertableColumns, type Column, type Table } from '#tenancy/base/catalogue'

export const formats = ['ndjson', 'csv'] as const
export type FileFormat = (typeof formats)[number]

// PostgreSQL formats the rows, so that no value loses precision. In JSON, a null is omitted to
// distinguish it from the JSON value null. In CSV, it is an empty field, and an empty text is "".
// `$2` is the tenant id to print.

const name = pg.escapeIdentifier
const numbers = ['int2', 'int4', 'int8', 'numeric']
/** Types whose text is valid JSON. A numeric can be NaN, which is not. */
const bare = new Set(['int2', 'int4', 'int8', 'bool', 'jsonb'])
/**
 * Types that PostgreSQL reads back from JSON as the same value. All others are exported as text.
 */
const native = new Set([
  ...numbers,
  'bool',
  'text',
  'varchar',
  'uuid',
  'date',
  'timestamp',
  'timestamptz',
])
/** Types whose text never needs quotes in CSV, and is never a formula. */
const plain = new Set([
  ...numbers,
  'float4',
  'float8',
  'bool',
  'uuid',
  'date',
  'timestamp',
  'timestamptz',
])

/** The SQL expression for the text of row `t`, including its line end. */
export function lineOf(table: Table, format: FileFormat): string {
  const columns = insertableColumns(table)
  return format === 'ndjson'
    ? `'{' || array_to_string(array[${columns.map(jsonField).join(', ')}], ',') || e'}\\n'`
    : `array_to_string(array[${columns.map(csvField).join(', ')}], ',', '') || e'\\r\\n'`
}

/** The header of a file: column names in CSV, nothing in NDJSON. */
export const headOf = (table: Table, format: FileFormat): string =>
  format === 'csv'
    ? `${insertableColumns(table)
        .map((column) => `"${column.name.replaceAll('"', '""')}"`)
        .join(',')}\r\n`
    : ''

function jsonField(column: Column): string {
  const label = pg.escapeLiteral(`${JSON.stringify(column.archivedAs ?? column.name)}:`)
  if (column.name === 'tenant_id') return `${label} || to_json($2::text)::text`
  const value = `t.${name(column.name)}`
  if (bare.has(column.base)) return `${label} || ${value}::text`
  if (column.base === 'uuid') return `${label} || '"' || ${value}::text || '"'`
  return `${label} || to_json(${native.has(column.base) ? value : `${value}::text`})::text`
}

function csvField(column: Column): string {
  if (column.name === 'tenant_id') return '$2::text'
  const value = `t.${name(column.name)}::text`
  if (plain.has(column.base)) return value
  // an apostrophe keeps spreadsheets from running text as a formula
  return `'"' || replace(case when ${value} ~ e'^\\\\s*[=+\\\\-@\\t\\r\\n]' then '''' || ${value} else ${value} end, '"', '""') || '"'`
}
