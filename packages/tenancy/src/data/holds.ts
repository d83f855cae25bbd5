import { and, desc, eq, isNull } from 'drizzle-orm'
import { record } from '#db/console/audit'
import { Invalid, OnHold } from '#db/errors'
import { newId } from '#db/id'
import { platform, type PlatformDb } from '#db/registry'
import { holds } from '#db/schema/platform'

type Deed = { tenantId: string; slug: string; actor: string; reason: string }

/**
 * Puts a tenant on legal hold: nothing of it is deleted until the hold is lifted. Throws Invalid
 * when there is one already.
 */
export async function hold({ tenantId, slug, actor, reason }: Deed): Promise<void> {
  await platform().transaction(async (tx) => {
    const [made] = await tx
      .insert(holds)
      .values({ id: newId(), tenantId, by: actor, reason })
      .onConflictDoNothing()
      .returning()
    if (!made) throw new Invalid('slug', `tenant ${slug} is on hold already`)
    await record(tx, { actor, deed: 'tenant put on hold', tenantId, detail: { reason } })
  })
}

/** Lifts the hold. Throws Invalid when there is none. */
export async function lift({ tenantId, slug, actor, reason }: Deed): Promise<void> {
  await platform().transaction(async (tx) => {
    const [lifted] = await tx
      .update(holds)
      .set({ liftedAt: new Date(), liftedBy: actor })
      .where(and(eq(holds.tenantId, tenantId), isNull(holds.liftedAt)))
      .returning()
    if (!lifted) throw new Invalid('slug', `tenant ${slug} is not on hold`)
    await record(tx, { actor, deed: 'hold lifted', tenantId, detail: { reason } })
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
