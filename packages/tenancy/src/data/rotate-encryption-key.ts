import { and, eq, getTableColumns, getTableName, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { ControlPlaneTable } from '#tenancy/base/data-lifecycle'
import { declaredTables } from '#tenancy/base/declared-tables'
import { decrypt, encrypt, needsRotation } from '#tenancy/base/encryption'
import type { Tenancy } from '#tenancy/base/tenancy'
import { platform } from '#tenancy/registry/placements'

/** The number of secrets in a column, and how many of them were re-encrypted. */
export type RotatedColumn = { column: string; secrets: number; rotated: number }

/**
 * Re-encrypts every secret that was encrypted with the previous key, in the columns declared as
 * encrypted. Skips secrets that are replaced during the rotation, because they use the new key
 * already. Safe to call again.
 * @param tenancy - The instance.
 * @returns One entry for each column, named `TABLE.COLUMN`.
 */
export async function rotateEncryptionKey(tenancy: Tenancy): Promise<RotatedColumn[]> {
  const counts: RotatedColumn[] = []
  for (const { table, encrypted } of declaredTables(tenancy).controlPlane)
    for (const column of table ? encrypted : [])
      if (table) counts.push(await rotateColumn(tenancy, table, column))
  return counts
}

async function rotateColumn(
  tenancy: Tenancy,
  table: PgTable,
  { name, column: property, field, context }: ControlPlaneTable['encrypted'][number],
): Promise<RotatedColumn> {
  const db = platform(tenancy)
  const columns = Object.entries(getTableColumns(table))
  const column = sql.identifier(name)
  const secret = field ? sql`${column} ->> ${field}` : sql`${column}`
  const rows: Record<string, unknown>[] = await db
    .select()
    .from(table)
    .where(sql`${secret} is not null`)
  let rotated = 0
  for (const row of rows) {
    const value = row[property]
    const old = String(field ? (value as Record<string, unknown>)[field] : value)
    if (!needsRotation(tenancy, old)) continue
    const fresh = encrypt(tenancy, decrypt(tenancy, old, context(row)), context(row))
    const isThisRow = columns.flatMap(([key, one]) => (one.primary ? [eq(one, row[key])] : []))
    const { rowCount } = await db
      .update(table)
      .set({
        [property]: field
          ? sql`jsonb_set(${column}, array[${field}]::text[], to_jsonb(${fresh}::text))`
          : fresh,
      })
      .where(and(...isThisRow, sql`${secret} = ${old}`))
    rotated += rowCount ?? 0
  }
  return { column: `${getTableName(table)}.${name}`, secrets: rows.length, rotated }
}
