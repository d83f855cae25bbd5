import { and, eq, isNull } from 'drizzle-orm'
import { recordAudit } from '#tenancy/audit/record'
import { Invalid } from '#tenancy/base/errors'
import { newId } from '#tenancy/base/ids'
import { platform } from '#tenancy/registry/placements'
import { suspensions } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

/** Which tenant to suspend or resume; who does it, and the reason that they typed. */
type SuspensionRequest = { tenantId: string; slug: string; actor: string; reason: string }

/**
 * Suspends a tenant. Its next transaction is refused.
 * @param tenancy - The instance.
 * @param request - The tenant, the actor and the reason.
 * @throws Invalid if it is already suspended.
 */
export async function suspend(tenancy: Tenancy, request: SuspensionRequest): Promise<void> {
  const { tenantId, slug, actor, reason } = request
  await platform(tenancy).transaction(async (tx) => {
    const [made] = await tx
      .insert(suspensions)
      .values({ id: newId(), tenantId, by: actor, reason })
      .onConflictDoNothing()
      .returning()
    if (!made)
      throw new Invalid(
        'slug',
        `tenant ${slug} is already suspended; \`tenant resume ${slug}\` ends the suspension`,
      )
    await recordAudit(tx, { actor, action: 'tenant suspended', tenantId, detail: { reason } })
  })
}

/**
 * Ends a tenant's suspension.
 * @param tenancy - The instance.
 * @param request - The tenant, the actor and the reason.
 * @throws Invalid if it is not suspended.
 */
export async function resume(tenancy: Tenancy, request: SuspensionRequest): Promise<void> {
  const { tenantId, slug, actor, reason } = request
  await platform(tenancy).transaction(async (tx) => {
    const [lifted] = await tx
      .update(suspensions)
      .set({ liftedAt: new Date(), liftedBy: actor })
      .where(and(eq(suspensions.tenantId, tenantId), isNull(suspensions.liftedAt)))
      .returning()
    if (!lifted) throw new Invalid('slug', `tenant ${slug} is not suspended`)
    await recordAudit(tx, { actor, action: 'tenant resumed', tenantId, detail: { reason } })
  })
}
