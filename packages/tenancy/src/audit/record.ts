import { sql } from 'drizzle-orm'
import { type PlatformDb, type Tenancy } from '#tenancy/base/tenancy'
import { platform } from '#tenancy/registry/placements'

/**
 * Names the actor of a command.
 * @returns `command line`, with the operating system's user.
 */
export const commandLine = () =>
  `command line (${process.env.USER ?? process.env.USERNAME ?? 'unknown'})`

/** One row of the audit trail. */
export type AuditRecord = {
  /** An operator's email address, or `commandLine()`. */
  actor: string
  /** What was done, in the past tense: `tenant suspended`. */
  action: string
  tenantId?: string
  /** Objects and values of the action. `reason` is the sentence that the actor typed. */
  detail?: Record<string, unknown>
}

/**
 * Records an action in the audit trail.
 * @param db - The transaction of the action itself, so that both commit together.
 * @param record - What was done, and by whom.
 */
export async function recordAudit(db: PlatformDb, record: AuditRecord): Promise<void> {
  const { actor, action, tenantId, detail = {} } = record
  await db.execute(
    sql`select tenancy.record_audit(${actor}, ${action}, ${tenantId ?? null}, ${JSON.stringify(detail)}::jsonb)`,
  )
}

/**
 * Records an action that writes no rows, or wrote them in an earlier transaction.
 * @param tenancy - The instance.
 * @param record - What was done, and by whom.
 */
export const recordAction = (tenancy: Tenancy, record: AuditRecord): Promise<void> =>
  recordAudit(platform(tenancy), record)
