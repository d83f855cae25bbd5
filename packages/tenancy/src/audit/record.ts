import { sql } from 'drizzle-orm'
import { type PlatformDb, type Tenancy } from '#tenancy/base/tenancy'
import { platform } from '#tenancy/registry/placements'

/**
 * Who acts from outside a tenant: an operator's e-mail address, or the command line of this user.
 */
export const commandLine = () =>
  `command line (${process.env.USER ?? process.env.USERNAME ?? 'unknown'})`

/**
 * Writes one action into the audit trail, in the transaction of the action itself, so that neither
 * stands without the other.
 */
export async function recordAudit(
  db: PlatformDb,
  entry: { actor: string; action: string; tenantId?: string; detail?: Record<string, unknown> },
): Promise<void> {
  await db.execute(
    sql`select tenancy.record_audit(${entry.actor}, ${entry.action}, ${entry.tenantId ?? null}, ${JSON.stringify(entry.detail ?? {})}::jsonb)`,
  )
}

/** The same for a action whose own row stands already, or that leaves none. */
export const recordAction = (
  tenancy: Tenancy,
  entry: Parameters<typeof recordAudit>[1],
): Promise<void> => recordAudit(platform(tenancy), entry)
