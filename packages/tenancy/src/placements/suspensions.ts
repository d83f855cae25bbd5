import { and, eq, isNull } from 'drizzle-orm'
import { record } from '#db/console/audit'
import { Invalid } from '#db/errors'
import { newId } from '#db/id'
import { platform } from '#db/registry'
import { suspensions } from '#db/schema/platform'

type Deed = { tenantId: string; slug: string; actor: string; reason: string }

/** Shuts a tenant out from the next transaction on. Throws Invalid when it is suspended already. */
export async function suspend({ tenantId, slug, actor, reason }: Deed): Promise<void> {
  await platform().transaction(async (tx) => {
    const [made] = await tx
      .insert(suspensions)
      .values({ id: newId(), tenantId, by: actor, reason })
      .onConflictDoNothing()
      .returning()
    if (!made)
      throw new Invalid(
        'slug',
        `tenant ${slug} is suspended already; \`tenant resume ${slug}\` lifts it`,
      )
    await record(tx, { actor, deed: 'tenant suspended', tenantId, detail: { reason } })
  })
}

/** Lets a suspended tenant in again. Throws Invalid when it is not suspended. */
export async function resume({ tenantId, slug, actor, reason }: Deed): Promise<void> {
  await platform().transaction(async (tx) => {
    const [lifted] = await tx
      .update(suspensions)
      .set({ liftedAt: new Date(), liftedBy: actor })
      .where(and(eq(suspensions.tenantId, tenantId), isNull(suspensions.liftedAt)))
      .returning()
    if (!lifted) throw new Invalid('slug', `tenant ${slug} is not suspended`)
    await record(tx, { actor, deed: 'tenant resumed', tenantId, detail: { reason } })
  })
}
