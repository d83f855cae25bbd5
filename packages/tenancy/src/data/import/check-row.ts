import type { Column, Table } from '#tenancy/base/catalogue'
import { ArchiveRefused } from '#tenancy/data/errors'
import { fileOf } from '#tenancy/data/export/manifest'

/** The JSON types for values of a PostgreSQL type. All others are strings. */
const forms: Record<string, string[]> = {
  int2: ['number'],
  int4: ['number'],
  int8: ['number'],
  numeric: ['number', 'string'],
  bool: ['boolean'],
  jsonb: ['object', 'array', 'string', 'number', 'boolean', 'null'],
}
/** Types that sort like their text, so that duplicate keys are adjacent. */
const sortedAsText = new Set(['uuid', 'text', 'varchar'])

/**
 * Creates the check for the rows of one table.
 * @param tenantId - The tenant that the rows must belong to.
 * @returns A function to call with each line in turn. It throws ArchiveRefused unless the line is a
 *   row of that tenant that fits the columns.
 */
export function rowCheck(table: Table, tenantId: string): (line: string, number: number) => void {
  const nameOf = ({ name, archivedAs = name }: Column) => archivedAs
  const columns = new Map(table.columns.map((column) => [nameOf(column), column]))
  const needed = table.columns.filter(({ nullable, name }) => !nullable && name !== 'tenant_id')
  const key = table.key.flatMap((name) => {
    const column = table.columns.find((one) => one.name === name)
    return column && name !== 'tenant_id' ? [column] : []
  })
  const sorted = key.every(({ base }) => sortedAsText.has(base))
  let before: Buffer[] | undefined

  return (line, number) => {
    const refuse = (why: string) =>
      new ArchiveRefused(`line ${number} of ${fileOf(table.name, 'ndjson')} ${why}`)
    const row = objectOf(line)
    if (!row) throw refuse('is not a JSON object')
    if (row.tenant_id !== tenantId)
      throw refuse(
        `belongs to tenant ${JSON.stringify(row.tenant_id)?.slice(0, 60)}, not to ${tenantId}`,
      )
    // Object.entries would copy a row of a million columns
    for (const name in row) {
      const value = row[name]
      const column = columns.get(name)
      if (!column) throw refuse(`has the unknown column ${JSON.stringify(name.slice(0, 63))}`)
      if (!fits(column, value))
        throw refuse(`has ${kindOf(value)} in ${name}, which is of type ${column.type}`)
    }
    for (const column of needed)
      if (row[nameOf(column)] === undefined) throw refuse(`has no ${nameOf(column)}`)
    if (!sorted) return
    const here = key.map((column) => Buffer.from(String(row[nameOf(column)])))
    if (before && compare(before, here) >= 0)
      throw refuse('is out of order: a key is there twice, or lines were moved')
    before = here
  }
}

function objectOf(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return kindOf(value) === 'object' ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

const fits = ({ base }: Column, value: unknown) =>
  (forms[base] ?? ['string']).includes(kindOf(value)) &&
  !(typeof value === 'string' && value.includes('\0'))

const kindOf = (value: unknown) =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value

function compare(a: Buffer[], b: Buffer[]): number {
  for (const [i, part] of a.entries()) {
    const order = Buffer.compare(part, b[i] ?? Buffer.alloc(0))
    if (order !== 0) return order
  }
  return 0
}
