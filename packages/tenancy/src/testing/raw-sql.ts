import { sql } from 'drizzle-orm'
import { RowhouseError } from '#tenancy/base/errors'
import type { TenantTx } from '#tenancy/base/tenant-tx'

/**
 * Runs raw SQL in a tenant transaction, as an attacker with full control of the text would.
 * @param tx - The transaction.
 * @param text - The statement.
 * @returns The rows.
 */
export async function rows(tx: TenantTx, text: string): Promise<Record<string, unknown>[]> {
  return (await tx.execute(sql.raw(text))).rows
}

/**
 * Awaits work that should fail.
 * @param work - The work.
 * @returns The SQLSTATE or the name of its error; `nothing was refused` if it succeeds.
 */
export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    if (RowhouseError.is(cause)) return cause.name
    if (cause instanceof Error)
      return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
    return String(cause)
  }
  return 'nothing was refused'
}
