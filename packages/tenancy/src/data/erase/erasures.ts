import { and, eq, isNull, lte, sql } from 'drizzle-orm'
import { recordAudit } from '#tenancy/audit/record'
import { Invalid } from '#tenancy/base/errors'
import { refuseOnHold } from '#tenancy/data/holds'
import { newId } from '#tenancy/base/ids'
import { type PlatformDb, type Tenancy } from '#tenancy/base/tenancy'
import { platform } from '#tenancy/registry/placements'
import { erasures } from '#tenancy/base/schema'

export type Erasure = typeof erasures.$inferSelect

/** The default number of days for which a requested erasure can be withdrawn. */
export const gracePeriodDays = 7

const open = (tenantId: string) =>
  and(eq(erasures.tenantId, tenantId), isNull(erasures.withdrawnAt), isNull(erasures.endedAt))

/**
 * Requests the erasure of a tenant. A second request changes nothing.
 * @param tenancy - The instance.
 * @param tenantId - The tenant's id.
 * @param by - The requester, with `userId` for a member.
 * @param days - Days until the erasure.
 * @returns The new erasure, or the one that is waiting or running.
 * @throws OnHold while the tenant is on legal hold.
 */
export async function request(
  tenancy: Tenancy,
  tenantId: string,
  by: { actor: string; userId: string | null; reason?: string },
  days = gracePeriodDays,
): Promise<Erasure> {
  return platform(tenancy).transaction(async (tx) => {
    await refuseOnHold(tx, tenantId)
    const [created] = await tx
      .insert(erasures)
      .values({
        id: newId(),
        tenantId,
        requestedBy: by.userId,
        dueAt: sql`clock_timestamp() + make_interval(days => ${days})`,
      })
      .onConflictDoNothing()
      .returning()
    if (created)
      await recordAudit(tx, {
        actor: by.actor,
        action: 'erasure requested',
        tenantId,
        detail: { dueAt: created.dueAt.toISOString(), ...(by.reason && { reason: by.reason }) },
      })
    const found = created ?? (await current(tx, tenantId))
    if (!found) throw new Invalid('tenant', 'the previous erasure has just ended; request it again')
    return found
  })
}

/**
 * Withdraws a requested erasure.
 * @param tenancy - The instance.
 * @param tenantId - The tenant's id.
 * @param actor - The name for the audit trail.
 * @throws Invalid when there is none, or it has started.
 */
export async function withdraw(tenancy: Tenancy, tenantId: string, actor: string): Promise<void> {
  await platform(tenancy).transaction(async (tx) => {
    const [row] = await tx
      .update(erasures)
      .set({ withdrawnAt: sql`clock_timestamp()` })
      .where(and(open(tenantId), isNull(erasures.startedAt)))
      .returning()
    if (!row) throw new Invalid('tenant', 'there is no erasure that can still be withdrawn')
    await recordAudit(tx, { actor, action: 'erasure withdrawn', tenantId, detail: {} })
  })
}

/**
 * Reads a tenant's pending erasure.
 * @param db - The platform database, or a transaction on it.
 * @param tenantId - The tenant's id.
 * @returns The erasure that is waiting or running, if there is one.
 */
export async function current(db: PlatformDb, tenantId: string): Promise<Erasure | undefined> {
  const [row] = await db.select().from(erasures).where(open(tenantId))
  return row
}

/**
 * Lists the erasures that are due by the database's clock.
 * @param db - The platform database, or a transaction on it.
 * @returns The erasures, earliest due date first.
 */
export const due = (db: PlatformDb): Promise<Erasure[]> =>
  db
    .select()
    .from(erasures)
    .where(
      and(
        isNull(erasures.withdrawnAt),
        isNull(erasures.endedAt),
        lte(erasures.dueAt, sql`clock_timestamp()`),
        lte(erasures.nextAttemptAt, sql`clock_timestamp()`),
      ),
    )
    .orderBy(erasures.dueAt)
