import { sql } from 'drizzle-orm'
import { type PlatformDb, type Tenancy } from '#tenancy/base/tenancy'
import { platform } from '#tenancy/registry/placements'

/** The actor of a command: the user of the operating system who runs it. */
export const commandLine = () =>
  `command line (${process.env.USER ?? process.env.USERNAME ?? 'unknown'})`

/** One row of the audit trail. */
export type AuditRecord = {
  /** An operator's email address, or `commandLine()`. */
  actor: string
  /** What was done, in the past tense: `tenant suspended`. */
  action: string
  tenantId?: string
  /** What it was done to, with which values. `reason` is the sentence that the actor typed. */
  detail?: Record<string, unknown>
}

/**
 * Records an action in the audit trail.
 * @param db - The transaction of the action itself, so that neither is saved without the other.
 */
export async function recordAudit(
  db: PlatformDb,
  { actor, action, tenantId, detail = {} }: AuditRecord,
): Promise<void> {
  await db.execute(
    sql`select tenancy.record_audit(${actor}, ${action}, ${tenantId ?? null}, ${JSON.stringify(detail)}::jsonb)`,
  )
}

/** Records an action that writes no row of its own, or wrote it in an earlier transaction. */
export const recordAction = (tenancy: Tenancy, action: AuditRecord): Promise<void> =>
  recordAudit(platform(tenancy), action)
