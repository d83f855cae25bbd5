import { readTables, type Table } from '#tenancy/base/catalogue'
import { withConnection } from '#tenancy/base/connect'
import type { ControlPlaneTable } from '#tenancy/base/data-lifecycle'
import { declaredTables } from '#tenancy/base/declared-tables'
import type { Tenancy } from '#tenancy/base/tenancy'

/**
 * Compares the declarations of control-plane tables with the main database.
 * @param tenancy - The instance.
 * @param adminUrl - The connection string of an administrator.
 * @returns A problem per line; none if every table of the schemas `tenancy` and `platform` has a
 *   declaration that fits its columns.
 */
export async function lifecycleProblems(tenancy: Tenancy, adminUrl: string): Promise<string[]> {
  const declared = declaredTables(tenancy).controlPlane
  return withConnection(adminUrl, async (client) => {
    const problems: string[] = []
    for (const schema of ['tenancy', 'platform']) {
      const tables = await readTables(client, schema, { circles: 'all' })
      const names = new Set(tables.map(({ name }) => name))
      for (const table of declared)
        if (table.schema === schema && !names.has(table.name))
          problems.push(`${schema}.${table.name} is declared, but does not exist`)
      for (const table of tables) {
        const found = declared.find((one) => one.schema === schema && one.name === table.name)
        const wrong = found ? problemsOf(found, table) : ['has no declaration']
        problems.push(...wrong.map((problem) => `${schema}.${table.name} ${problem}`))
      }
    }
    return problems
  })
}

function problemsOf(declared: ControlPlaneTable, table: Table): string[] {
  const { tenant, erase, restore, personal, email, encrypted } = declared
  const column = table.columns.find(({ name }) => name === tenant)
  const checks: [string, boolean][] = [
    [
      'has a tenant_id, but is declared to belong to no tenant',
      tenant === null && table.columns.some(({ name }) => name === 'tenant_id'),
    ],
    ['deletes the rows of a tenant, but has no tenant column', erase === 'delete' && !tenant],
    ['transfers rows, but has no tenant column', restore === 'transfer' && !column],
    [
      'sets a tenant column to null that is not nullable',
      erase === 'set null' && !column?.nullable,
    ],
    [
      'relies on a cascade, but has no such foreign key',
      erase === 'cascade' && !table.references.some(({ onDelete }) => onDelete === 'cascade'),
    ],
    ['is erased by email, but names no column', erase === 'by email' && !email],
    ['keeps its rows, but has personal data', erase === 'keep' && personal.length > 0],
    [
      'has an email address that is not declared as personal data',
      email !== undefined && !personal.includes(email),
    ],
    ['has encrypted columns, but no primary key', encrypted.length > 0 && table.key.length === 0],
  ]
  return checks.flatMap(([problem, applies]) => (applies ? [problem] : []))
}

/**
 * Searches all columns of the control plane.
 * @param adminUrl - The connection string of an administrator.
 * @param pattern - A regular expression of PostgreSQL.
 * @returns The columns with a matching value, as `SCHEMA.TABLE.COLUMN`.
 */
export async function columnsWith(adminUrl: string, pattern: string): Promise<string[]> {
  return withConnection(adminUrl, async (client) => {
    const found: string[] = []
    for (const schema of ['tenancy', 'platform'])
      for (const table of await readTables(client, schema, { circles: 'all' }))
        for (const { name } of table.columns) {
          const { rows } = await client.query(
            `select from ${client.escapeIdentifier(schema)}.${client.escapeIdentifier(table.name)} where ${client.escapeIdentifier(name)}::text ~ $1 limit 1`,
            [pattern],
          )
          if (rows.length > 0) found.push(`${schema}.${table.name}.${name}`)
        }
    return found
  })
}

/**
 * Lists declared columns.
 * @param tenancy - The instance.
 * @param which - Columns with personal data, or with encrypted text.
 * @returns The declared columns, as `SCHEMA.TABLE.COLUMN`.
 */
export const declaredColumns = (tenancy: Tenancy, which: 'personal' | 'encrypted'): string[] =>
  declaredTables(tenancy).controlPlane.flatMap(({ schema, name, personal, encrypted }) => {
    const columns = which === 'personal' ? personal : encrypted.map((column) => column.name)
    return columns.map((column) => `${schema}.${name}.${column}`)
  })
