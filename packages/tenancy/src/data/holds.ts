import { and, desc, eq, isNull } from 'drizzle-orm'
import { recordAudit } from '#tenancy/audit/record'
import { Invalid } from '#tenancy/base/errors'
import { OnHold } from '#tenancy/data/errors'
import { newId } from '#tenancy/base/ids'
import { type PlatformDb, type Tenancy } from '#tenancy/base/tenancy'
import { platform } from '#tenancy/registry/placements'
import { holds } from '#tenancy/base/schema'

type HoldChange = { tenantId: string; slug: string; actor: string; reason: string }

/**
 * Places a legal hold: no data of the tenant is deleted until it is lifted.
 * @param tenancy - The instance.
 * @param change - The tenant, the name of the operator, and the reason for the audit trail.
 * @throws Invalid when the tenant is on hold.
 */
export async function hold(
  tenancy: Tenancy,
  { tenantId, slug, actor, reason }: HoldChange,
): Promise<void> {
  await platform(tenancy).transaction(async (tx) => {
    const [created] = await tx
      .insert(holds)
      .values({ id: newId(), tenantId, by: actor, reason })
      .onConflictDoNothing()
      .returning()
    if (!created) throw new Invalid('slug', `tenant ${slug} is already on hold`)
    await recordAudit(tx, { actor, action: 'legal hold placed', tenantId, detail: { reason } })
  })
}

/**
 * Lifts a legal hold.
 * @param tenancy - The instance.
 * @param change - The tenant, the name of the operator, and the reason for the audit trail.
 * @throws Invalid when there is none.
 */
export async function lift(
  tenancy: Tenancy,
  { tenantId, slug, actor, reason }: HoldChange,
): Promise<void> {
  await platform(tenancy).transaction(async (tx) => {
    const [lifted] = await tx
      .update(holds)
      .set({ liftedAt: new Date(), liftedBy: actor })
      .where(and(eq(holds.tenantId, tenantId), isNull(holds.liftedAt)))
      .returning()
    if (!lifted) throw new Invalid('slug', `tenant ${slug} is not on hold`)
    await recordAudit(tx, { actor, action: 'legal hold lifted', tenantId, detail: { reason } })
  })
}

export type Hold = typeof holds.$inferSelect

/**
 * Reads a tenant's legal hold.
 * @param db - The platform database, or a transaction on it.
 * @param tenantId - The tenant's id.
 * @returns The hold that has not been lifted, if there is one.
 */
export async function current(db: PlatformDb, tenantId: string): Promise<Hold | undefined> {
  const [found] = await db
    .select()
    .from(holds)
    .where(and(eq(holds.tenantId, tenantId), isNull(holds.liftedAt)))
    .orderBy(desc(holds.at))
  return found
}

/**
 * Throws while a tenant is on legal hold.
 * @param db - The platform database, or a transaction on it.
 * @param tenantId - The tenant's id.
 * @throws OnHold
 */
export async function refuseOnHold(db: PlatformDb, tenantId: string): Promise<void> {
  const found = await current(db, tenantId)
  if (found) throw new OnHold(found.at, found.reason)
}
