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
 * Puts a tenant on legal hold: nothing of it is deleted until the hold is lifted. Throws Invalid
 * when there is one already.
 */
export async function hold(
  tenancy: Tenancy,
  { tenantId, slug, actor, reason }: HoldChange,
): Promise<void> {
  await platform(tenancy).transaction(async (tx) => {
    const [made] = await tx
      .insert(holds)
      .values({ id: newId(), tenantId, by: actor, reason })
      .onConflictDoNothing()
      .returning()
    if (!made) throw new Invalid('slug', `tenant ${slug} is on hold already`)
    await recordAudit(tx, { actor, action: 'tenant put on hold', tenantId, detail: { reason } })
  })
}

/** Lifts the hold. Throws Invalid when there is none. */
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
    await recordAudit(tx, { actor, action: 'hold lifted', tenantId, detail: { reason } })
  })
}

export type Hold = typeof holds.$inferSelect

/** The hold that stands, if one does. */
export async function standing(db: PlatformDb, tenantId: string): Promise<Hold | undefined> {
  const [found] = await db
    .select()
    .from(holds)
    .where(and(eq(holds.tenantId, tenantId), isNull(holds.liftedAt)))
    .orderBy(desc(holds.at))
  return found
}

/** Throws OnHold while one stands. */
export async function refuseOnHold(db: PlatformDb, tenantId: string): Promise<void> {
  const found = await standing(db, tenantId)
  if (found) throw new OnHold(found.at, found.reason)
}
