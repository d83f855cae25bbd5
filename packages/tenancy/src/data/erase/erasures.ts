import { and, eq, isNull, lte, sql } from 'drizzle-orm'
import { recordAudit } from '#tenancy/audit/record'
import { Invalid } from '#tenancy/base/errors'
import { refuseOnHold } from '#tenancy/data/holds'
import { newId } from '#tenancy/base/ids'
import { type PlatformDb, type Tenancy } from '#tenancy/base/tenancy'
import { platform } from '#tenancy/registry/placements'
import { erasures } from '#tenancy/base/schema'

export type Erasure = typeof erasures.$inferSelect

/** How long a wish to be erased can be taken back. */
export const waitingDays = 7

const open = (tenantId: string) =>
  and(eq(erasures.tenantId, tenantId), isNull(erasures.withdrawnAt), isNull(erasures.endedAt))

/**
 * Writes down that a tenant is to be erased after so many days. Asking again changes nothing. In:
 * the tenant, who asks, why, and the id of that user if it is one. Throws OnHold.
 */
export async function request(
  tenancy: Tenancy,
  tenantId: string,
  by: { actor: string; userId: string | null; reason?: string },
  days = waitingDays,
): Promise<Erasure> {
  return platform(tenancy).transaction(async (tx) => {
    await refuseOnHold(tx, tenantId)
    const [made] = await tx
      .insert(erasures)
      .values({
        id: newId(),
        tenantId,
        requestedBy: by.userId,
        dueAt: sql`clock_timestamp() + make_interval(days => ${days})`,
      })
      .onConflictDoNothing()
      .returning()
    if (made)
      await recordAudit(tx, {
        actor: by.actor,
        action: 'erasure asked for',
        tenantId,
        detail: { dueAt: made.dueAt.toISOString(), ...(by.reason && { reason: by.reason }) },
      })
    const found = made ?? (await current(tx, tenantId))
    if (!found)
      throw new Invalid('tenant', 'the erasure that was under way has just ended; ask again')
    return found
  })
}

/** Takes the wish back. Throws Invalid when there is none, or when it is too late. */
export async function withdraw(tenancy: Tenancy, tenantId: string, actor: string): Promise<void> {
  await platform(tenancy).transaction(async (tx) => {
    const [row] = await tx
      .update(erasures)
      .set({ withdrawnAt: sql`clock_timestamp()` })
      .where(and(open(tenantId), isNull(erasures.startedAt)))
      .returning()
    if (!row) throw new Invalid('tenant', 'there is no erasure that could still be stopped')
    await recordAudit(tx, { actor, action: 'erasure withdrawn', tenantId, detail: {} })
  })
}

/** The erasure that waits or is under way. */
export async function current(db: PlatformDb, tenantId: string): Promise<Erasure | undefined> {
  const [row] = await db.select().from(erasures).where(open(tenantId))
  return row
}

/** Those whose time has come, by the database's clock. */
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
