import { and, eq, gt, isNull, sql } from 'drizzle-orm'
import { recordAudit } from '@rowhouse/tenancy/admin'
import { withTenant, platform } from '#db/tenancy'
import { Invalid, newId } from '@rowhouse/tenancy'
import { supportAccesses } from '#db/schema/console'
import { tenants } from '@rowhouse/tenancy/schema'
import type { Role } from '#db/schema/platform'
import { asTier } from '#db/tiers'

type Operator = { id: string; name: string; email: string }
type OperatorSession = { id: string; token: string; user: Operator }

export const visitMinutes = [15, 30, 60, 120] as const

const open = (sessionId: string) =>
  and(
    eq(supportAccesses.sessionId, sessionId),
    isNull(supportAccesses.endedAt),
    gt(supportAccesses.expiresAt, sql`clock_timestamp()`),
  )

/**
 * The tenant that a session visits as support, with its role there; undefined when it visits none.
 */
export async function visitOf(sessionId: string) {
  const [row] = await platform()
    .select({ tenant: tenants, visit: supportAccesses })
    .from(supportAccesses)
    .innerJoin(tenants, eq(tenants.id, supportAccesses.tenantId))
    .where(open(sessionId))
    .limit(1)
  if (!row) return undefined
  const {
    tenant: { id, slug, name, tier, currency, locale },
    visit,
  } = row
  const role: Role = visit.writes ? 'member' : 'viewer'
  return {
    id,
    slug,
    name,
    role,
    tier: asTier(tier),
    currency,
    locale,
    support: {
      id: visit.id,
      reason: visit.reason,
      writes: visit.writes,
      expiresAt: visit.expiresAt,
    },
  }
}

/**
 * Gives an operator temporary read-only access to a tenant. The audit trail and the tenant's activity
 * record the access first; if that fails, the access ends.
 *
 * @throws Invalid when the session already visits a tenant.
 */
export async function beginVisit(
  { id: sessionId, token, user }: OperatorSession,
  { tenantId, reason, minutes }: { tenantId: string; reason: string; minutes: number },
): Promise<void> {
  const id = newId()
  await platform().transaction(async (tx) => {
    const [inside] = await tx
      .select({ id: supportAccesses.id })
      .from(supportAccesses)
      .where(open(sessionId))
    if (inside)
      throw new Invalid('reason', 'you are inside a tenant as support already; leave it first')
    await tx.insert(supportAccesses).values({
      id,
      tenantId,
      userId: user.id,
      sessionId,
      reason,
      expiresAt: sql`now() + make_interval(mins => ${minutes})`,
    })
    await recordAudit(tx, {
      actor: user.email,
      action: 'support access begun',
      tenantId,
      detail: { access: id, reason, minutes },
    })
  })
  try {
    await withTenant(
      {
        kind: 'support',
        token,
        tenantId,
        actor: { id: null, name: `${user.name} (support)` },
        what: 'comes in',
      },
      () => Promise.resolve(),
    )
  } catch (error) {
    await platform()
      .update(supportAccesses)
      .set({ endedAt: sql`clock_timestamp()` })
      .where(eq(supportAccesses.id, id))
    throw error
  }
}

/**
 * Allows writing for the rest of the visit. From then on, the tenant's activity records every
 * transaction.
 *
 * @throws Invalid when the visit is over.
 */
export async function allowWriting(session: OperatorSession, reason: string): Promise<void> {
  await change(session, 'support may write', { writes: true }, { reason })
}

/**
 * Ends the visit.
 *
 * @returns The tenant's id.
 * @throws Invalid when the visit is over.
 */
export const endVisit = (session: OperatorSession): Promise<string> =>
  change(session, 'support access ended', { endedAt: new Date() }, {})

async function change(
  { id: sessionId, user }: OperatorSession,
  action: string,
  changes: Partial<typeof supportAccesses.$inferInsert>,
  detail: Record<string, unknown>,
): Promise<string> {
  return platform().transaction(async (tx) => {
    const [visit] = await tx.update(supportAccesses).set(changes).where(open(sessionId)).returning()
    if (!visit)
      throw new Invalid('reason', 'this support access is over; begin another one on the console')
    await recordAudit(tx, {
      actor: user.email,
      action,
      tenantId: visit.tenantId,
      detail: { access: visit.id, ...detail },
    })
    return visit.tenantId
  })
}
