import { and, desc, eq, gt, inArray, isNull, ne, notExists, sql } from 'drizzle-orm'
import { NotAMember, TenantSuspended, isId, newId, newSecret, secretHash } from '@rowhouse/tenancy'
import { platform } from '#db/tenancy'
import { bans, members, operators, sessions, users, type Role } from '#db/schema/platform'
import { suspensions, tenants } from '@rowhouse/tenancy/schema'
import { type Tier, asTier } from '#db/tiers'
import { supportVisitOf } from '#db/modules'

/** An access of support that is open in an operator's session. */
export type Visit = { id: string; reason: string; writes: boolean; expiresAt: Date }

/** `support` is there when an operator is in this tenant as support, without being a member. */
export type SessionTenant = {
  id: string
  slug: string
  name: string
  role: Role
  tier: Tier
  currency: string
  locale: string
  support?: Visit
}

/**
 * What a session is worth now, read from the database. `tenant` is the active one, null when there
 * is none or it is suspended.
 */
export type SessionFacts = {
  id: string
  user: { id: string; email: string; name: string; operator: boolean }
  tenant: SessionTenant | null
  tenants: Pick<SessionTenant, 'id' | 'slug' | 'name' | 'role'>[]
}

const days = 30
const expiry = () => new Date(Date.now() + days * 86_400_000)

/**
 * Starts a session on the last used tenant, or the first. Returns the secret, which is stored
 * nowhere.
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
  const own = await db
    .select({ id: members.tenantId })
    .from(members)
    .where(eq(members.userId, userId))
    .orderBy(members.joinedAt)
  const tenantId = own.find(({ id }) => id === user?.last)?.id ?? own[0]?.id ?? null
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
 * Reads a session by its secret; undefined when it is unknown, expired, revoked or its user is
 * banned.
 */
export async function read(secret: string): Promise<SessionFacts | undefined> {
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
  const own = await db
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
  const active = own.find(({ id }) => id === row.active)
  const visited = row.operator === null ? undefined : await supportVisitOf(row.id)
  if (Date.now() - row.usedAt.getTime() > 60_000)
    await db.update(sessions).set({ usedAt: new Date() }).where(eq(sessions.id, row.id))
  return {
    id: row.id,
    user: { id: row.userId, email: row.email, name: row.name, operator: row.operator !== null },
    tenant: visited ?? (active ? { ...active, tier: asTier(active.tier) } : null),
    tenants: own.map(({ id, slug, name, role }) => ({ id, slug, name, role })),
  }
}

/**
 * Why a session no longer acts for the tenant that its user was at. Whoever is no member of it
 * learns nothing of it.
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
 * Makes another tenant the active one, if the session's user is a member of it. Returns false when
 * not, and changes nothing.
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

/** The browsers that a user is signed in with, the last used first. */
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
 * Ends one session of this user. Returns false when they have none of this id: somebody else's is
 * as good as none.
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

/** Ends every session of a user but one. Returns how many there were. */
export async function endOthers(userId: string, keptId: string): Promise<number> {
  return (
    await platform()
      .delete(sessions)
      .where(and(eq(sessions.userId, userId), ne(sessions.id, keptId)))
      .returning({ id: sessions.id })
  ).length
}
