import { sql } from 'drizzle-orm'
import { platform, type PlatformDb } from '#db/registry'

/**
 * Who acts from outside a tenant: an operator's e-mail address, or the command line of this user.
 */
export const commandLine = () =>
  `command line (${process.env.USER ?? process.env.USERNAME ?? 'unknown'})`

/**
 * Writes one deed into the audit trail, in the transaction of the deed itself, so that neither
 * stands without the other.
 */
export async function record(
  db: PlatformDb,
  entry: { actor: string; deed: string; tenantId?: string; detail?: Record<string, unknown> },
): Promise<void> {
  await db.execute(
    sql`select tenancy.record(${entry.actor}, ${entry.deed}, ${entry.tenantId ?? null}, ${JSON.stringify(entry.detail ?? {})}::jsonb)`,
  )
}

/** The same for a deed whose own row stands already, or that leaves none. */
export const recordDeed = (entry: Parameters<typeof record>[1]): Promise<void> =>
  record(platform(), entry)
