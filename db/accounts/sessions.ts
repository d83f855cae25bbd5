import { and, desc, eq, gt, inArray, isNull, ne, notExists, sql } from 'drizzle-orm'
import { NotAMember, TenantSuspended, isId, newId, newSecret, secretHash } from '@rowhouse/tenancy'
import { platform } from '#db/tenancy'
import { bans, members, operators, sessions, users, type Role } from '#db/schema/platform'
import { suspensions, tenants } from '@rowhouse/tenancy/schema'
import { type Tier, asTier } from '#db/tiers'
import { supportVisitOf } from '#db/modules'

/** A support access that is open in an operator's session. */
export type SupportVisit = { id: string; reason: string; writes: boolean; expiresAt: Date }

/** The active tenant. `support` is set when an operator visits it without being a member. */
export type SessionTenant = {
  id: string
  slug: string
  name: string
  role: Role
  tier: Tier
  currency: string
  locale: string
  support?: SupportVisit
}

/**
 * A session as the database has it now. `tenant` is the active one; null when there is none or it
 * is suspended.
 */
export type SessionInfo = {
  id: string
  user: { id: string; email: string; name: string; operator: boolean }
  tenant: SessionTenant | null
  tenants: Pick<SessionTenant, 'id' | 'slug' | 'name' | 'role'>[]
}

const days = 30
const expiry = () => new Date(Date.now() + days * 86_400_000)

/**
 * Starts a session in the user's last used tenant, or their first.
 *
 * @returns The session's secret. Only its hash is stored.
 */
export async function start(
  userId: string,
  from: { device: string; address: string },
): Promise<string> {
  const secret = newSecret()
  const db = platform()
  const [user] = await db
    .select({ last: users.lastTenantId })
    .from(users)
    .where(eq(users.id, userId))
  const memberships = await db
    .select({ id: members.tenantId })
    .from(members)
    .where(eq(members.userId, userId))
    .orderBy(members.joinedAt)
  const tenantId = memberships.find(({ id }) => id === user?.last)?.id ?? memberships[0]?.id ?? null
  await db.insert(sessions).values({
    id: newId(),
    tokenHash: secretHash(secret),
    userId,
    tenantId,
    expiresAt: expiry(),
    device: from.device.slice(0, 300),
    address: from.address.slice(0, 64),
  })
  return secret
}

/**
 * Reads a session by its secret.
 *
 * @returns Undefined when it is unknown, expired or revoked, or its user is banned.
 */
export async function read(secret: string): Promise<SessionInfo | undefined> {
  const db = platform()
  const [row] = await db
    .select({
      id: sessions.id,
      active: sessions.tenantId,
      usedAt: sessions.usedAt,
      userId: users.id,
      email: users.email,
      name: users.name,
      operator: operators.userId,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .leftJoin(operators, eq(operators.userId, users.id))
    .where(
      and(
        eq(sessions.tokenHash, secretHash(secret)),
        gt(sessions.expiresAt, sql`clock_timestamp()`),
        notExists(
          db
            .select({ one: sql`1` })
            .from(bans)
            .where(eq(bans.userId, sessions.userId)),
        ),
      ),
    )
  if (!row) return undefined
  const memberships = await db
    .select({
      id: tenants.id,
      slug: tenants.slug,
      name: tenants.name,
      role: members.role,
      tier: tenants.tier,
      currency: tenants.currency,
      locale: tenants.locale,
    })
    .from(members)
    .innerJoin(tenants, eq(tenants.id, members.tenantId))
    .leftJoin(suspensions, and(eq(suspensions.tenantId, tenants.id), isNull(suspensions.liftedAt)))
    .where(and(eq(members.userId, row.userId), isNull(suspensions.id)))
    .orderBy(tenants.name)
  const active = memberships.find(({ id }) => id === row.active)
  const visited = row.operator === null ? undefined : await supportVisitOf(row.id)
  if (Date.now() - row.usedAt.getTime() > 60_000)
    await db.update(sessions).set({ usedAt: new Date() }).where(eq(sessions.id, row.id))
  return {
    id: row.id,
    user: { id: row.userId, email: row.email, name: row.name, operator: row.operator !== null },
    tenant: visited ?? (active ? { ...active, tier: asTier(active.tier) } : null),
    tenants: memberships.map(({ id, slug, name, role }) => ({ id, slug, name, role })),
  }
}

/**
 * Explains why a session lost its active tenant. Only members learn that a tenant is suspended; to
 * everybody else it looks like one that does not exist.
 */
export async function explainLostAccess(
  userId: string,
  tenantId: unknown,
): Promise<NotAMember | TenantSuspended> {
  if (!isId(tenantId)) return new NotAMember(String(tenantId))
  const [suspended] = await platform()
    .select({ id: suspensions.id })
    .from(suspensions)
    .innerJoin(members, eq(members.tenantId, suspensions.tenantId))
    .where(
      and(
        eq(members.userId, userId),
        eq(suspensions.tenantId, tenantId),
        isNull(suspensions.liftedAt),
      ),
    )
  return suspended ? new TenantSuspended(tenantId) : new NotAMember(tenantId)
}

/**
 * Makes another tenant the active one.
 *
 * @returns False, without a change, when the session's user is not a member of it.
 */
export async function switchTenant(secret: string, tenantId: string): Promise<boolean> {
  const db = platform()
  const allowed = db
    .select({ id: members.userId })
    .from(members)
    .where(and(eq(members.tenantId, tenantId), eq(members.userId, sessions.userId)))
  const [row] = await db
    .update(sessions)
    .set({ tenantId })
    .where(
      and(
        eq(sessions.tokenHash, secretHash(secret)),
        gt(sessions.expiresAt, sql`clock_timestamp()`),
        inArray(sessions.userId, allowed),
      ),
    )
    .returning({ userId: sessions.userId })
  if (row) await db.update(users).set({ lastTenantId: tenantId }).where(eq(users.id, row.userId))
  return row !== undefined
}

/** Ends the session with this secret. */
export async function end(secret: string): Promise<void> {
  await platform()
    .delete(sessions)
    .where(eq(sessions.tokenHash, secretHash(secret)))
}

export type OpenSession = {
  id: string
  device: string
  address: string
  createdAt: Date
  usedAt: Date
}

/** A user's sessions, the most recently used first. */
export const ofUser = (userId: string): Promise<OpenSession[]> =>
  platform()
    .select({
      id: sessions.id,
      device: sessions.device,
      address: sessions.address,
      createdAt: sessions.createdAt,
      usedAt: sessions.usedAt,
    })
    .from(sessions)
    .where(and(eq(sessions.userId, userId), gt(sessions.expiresAt, sql`clock_timestamp()`)))
    .orderBy(desc(sessions.usedAt))

/**
 * Ends one session of this user.
 *
 * @returns False when this user has no session with this id, even if another user has.
 */
export async function endOne(userId: string, sessionId: string): Promise<boolean> {
  return (
    (
      await platform()
        .delete(sessions)
        .where(and(eq(sessions.userId, userId), eq(sessions.id, sessionId)))
        .returning({ id: sessions.id })
    ).length === 1
  )
}

/**
 * Ends all sessions of a user except one.
 *
 * @returns The number of ended sessions.
 */
export async function endOthers(userId: string, exceptId: string): Promise<number> {
  return (
    await platform()
      .delete(sessions)
      .where(and(eq(sessions.userId, userId), ne(sessions.id, exceptId)))
      .returning({ id: sessions.id })
  ).length
}
