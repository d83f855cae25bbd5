import { sql } from 'drizzle-orm'
import { RowhouseError } from '#tenancy/base/errors'
import type { TenantTx } from '#tenancy/base/tenant-tx'

/**
 * Rows of raw SQL inside a tenant's transaction, as an attacker with full control of the text would
 * run it.
 */
export async function rows(tx: TenantTx, text: string): Promise<Record<string, unknown>[]> {
  return (await tx.execute(sql.raw(text))).rows
}

/** The SQLSTATE of what went wrong, or the name of our own error. */
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
