import { and, desc, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import { timings } from '#tenancy/base/timings'
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core'
import { recordAudit } from '#tenancy/audit/record'
import { removeExport } from '#tenancy/data/export/files'
import { type Tenancy, type PlatformDb } from '#tenancy/base/tenancy'
import { newId } from '#tenancy/base/ids'
import { platform } from '#tenancy/registry/placements'
import { exports } from '#tenancy/base/schema'

export type TenantExport = typeof exports.$inferSelect

/** How long a finished export can be downloaded. */
export const fileLifetimeDays = 7
/** A worker that has not renewed its lease for this long is considered dead. */
const lease = sql`${timings.exportLease} * interval '1 millisecond'`

/**
 * Requests an export. A tenant has one at a time.
 * @param db - The platform database, or a transaction on it.
 * @param tenantId - The tenant's id.
 * @param requestedBy - The name of the requester, as shown to others.
 * @param requesterId - The requester's id, if it is a member. The export is aborted when they lose
 *   the right to it.
 * @returns The new export, or the one that is waiting or running.
 */
export async function request(
  db: PlatformDb,
  tenantId: string,
  requestedBy: string,
  requesterId: string | null = null,
): Promise<TenantExport> {
  const [created] = await db
    .insert(exports)
    .values({ id: newId(), tenantId, requestedBy, requesterId })
    .onConflictDoNothing()
    .returning()
  if (created) return created
  const [current] = await db
    .select()
    .from(exports)
    .where(and(eq(exports.tenantId, tenantId), inArray(exports.state, ['requested', 'running'])))
  // undefined if it ended between the two statements
  return current ?? request(db, tenantId, requestedBy, requesterId)
}

/**
 * Requests an export as an operator, with an audit entry. Only members can download the file.
 * @param tenancy - The instance.
 * @param tenantId - The tenant's id.
 * @param actor - The name of the operator.
 * @param reason - For the audit trail.
 * @returns The new export, or the one that is waiting or running.
 */
export const requestByOperator = (
  tenancy: Tenancy,
  tenantId: string,
  actor: string,
  reason: string,
): Promise<TenantExport> =>
  platform(tenancy).transaction(async (tx) => {
    const requested = await request(tx, tenantId, actor)
    await recordAudit(tx, {
      actor,
      action: 'export requested',
      tenantId,
      detail: { export: requested.id, reason },
    })
    return requested
  })

/**
 * Lists the latest exports of a tenant, newest first.
 * @param db - The platform database, or a transaction on it.
 * @param tenantId - The tenant's id.
 * @param limit - The maximum number of exports.
 * @returns The exports.
 */
export const list = (db: PlatformDb, tenantId: string, limit = 10): Promise<TenantExport[]> =>
  db
    .select()
    .from(exports)
    .where(eq(exports.tenantId, tenantId))
    .orderBy(desc(exports.requestedAt))
    .limit(limit)

/**
 * Reads one export of a tenant.
 * @param db - The platform database, or a transaction on it.
 * @param tenantId - The tenant's id.
 * @param id - The id of the export.
 * @returns The export, or undefined if the tenant has none with this id.
 */
export async function find(
  db: PlatformDb,
  tenantId: string,
  id: string,
): Promise<TenantExport | undefined> {
  const [row] = await db
    .select()
    .from(exports)
    .where(and(eq(exports.id, id), eq(exports.tenantId, tenantId)))
  return row
}

/**
 * Lists the exports that were requested, and those whose worker has died, oldest first.
 * @param db - The platform database, or a transaction on it.
 * @returns The ids of the exports.
 */
export const listRunnable = (db: PlatformDb): Promise<{ id: string }[]> =>
  db
    .select({ id: exports.id })
    .from(exports)
    .where(
      sql`(${exports.state} = 'requested' and ${exports.nextAttemptAt} <= clock_timestamp()) or (${exports.state} = 'running' and ${exports.seenAt} < clock_timestamp() - ${lease})`,
    )
    .orderBy(exports.requestedAt)

/**
 * Takes the lease of an export for this process. `startedAt` identifies the lease: a worker with an
 * older one has lost the export.
 * @param db - The platform database, or a transaction on it.
 * @param id - The id of the export.
 * @returns The export with its new lease. Undefined when another worker has the lease, or the
 *   export has ended.
 */
export async function acquireLease(db: PlatformDb, id: string): Promise<TenantExport | undefined> {
  const [row] = await db
    .update(exports)
    // rounded to milliseconds, the precision of a JavaScript date, so that it compares equal later
    .set({
      state: 'running',
      startedAt: sql`date_trunc('milliseconds', clock_timestamp())`,
      seenAt: sql`clock_timestamp()`,
      rowsDone: 0,
      message: '',
      attempts: sql`${exports.attempts} + 1`,
    })
    .where(
      and(
        eq(exports.id, id),
        sql`(${exports.state} = 'requested' or (${exports.state} = 'running' and ${exports.seenAt} < clock_timestamp() - ${lease}))`,
      ),
    )
    .returning()
  return row
}

const hasLease = ({ id, startedAt }: TenantExport) =>
  and(eq(exports.id, id), eq(exports.state, 'running'), sql`${exports.startedAt} = ${startedAt}`)

/**
 * Renews the lease of a running export and stores its progress.
 * @param tenancy - The instance.
 * @param db - The platform database, or a transaction on it.
 * @param leased - The row that `acquireLease` returned.
 * @param values - Other columns to set.
 * @returns False when the export must stop: another worker has the lease, the row was deleted, or
 *   the requester has lost the right to it.
 */
export async function renewLease(
  tenancy: Tenancy,
  db: PlatformDb,
  leased: TenantExport,
  values: PgUpdateSetSource<typeof exports>,
): Promise<boolean> {
  const [row] = await db
    .update(exports)
    .set({ ...values, seenAt: sql`clock_timestamp()` })
    .where(
      and(
        hasLease(leased),
        or(
          isNull(exports.requesterId),
          tenancy.config.members.mayExport({
            tenantId: exports.tenantId,
            userId: exports.requesterId,
          }),
        ),
      ),
    )
    .returning({ id: exports.id })
  return row !== undefined
}

/**
 * Releases the lease of an export that did not finish.
 * @param tenancy - The instance.
 * @param leased - The row that `acquireLease` returned.
 * @param values - Other columns to set.
 * @returns False when another worker has the lease, or the row was deleted.
 */
export async function releaseLease(
  tenancy: Tenancy,
  leased: TenantExport,
  values: PgUpdateSetSource<typeof exports>,
): Promise<boolean> {
  const [row] = await platform(tenancy)
    .update(exports)
    .set(values)
    .where(hasLease(leased))
    .returning({ id: exports.id })
  return row !== undefined
}

/**
 * Deletes the files of exports that can no longer be downloaded.
 * @param tenancy - The instance.
 * @returns The number of deleted files.
 */
export async function deleteExpiredFiles(tenancy: Tenancy): Promise<number> {
  const db = platform(tenancy)
  const expired = await db
    .select({ id: exports.id, tenantId: exports.tenantId })
    .from(exports)
    .where(and(eq(exports.state, 'done'), lt(exports.expiresAt, sql`clock_timestamp()`)))
  for (const { id, tenantId } of expired) {
    await removeExport(tenancy, tenantId, id)
    await db.update(exports).set({ state: 'expired' }).where(eq(exports.id, id))
  }
  return expired.length
}
