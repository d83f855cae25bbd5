import { and, asc, eq, gt, isNull, notExists, or, sql } from 'drizzle-orm'
import { NotFound, newId, newSecret, secretHash } from '@rowhouse/tenancy'
import { platform } from '#db/tenancy'
import { apiKeys, type KeyScope } from '#db/schema/accounts'
import { bans, members, users, type Role } from '#db/schema/platform'
import { suspensions, tenants } from '@rowhouse/tenancy/schema'
import { type Tier, asTier } from '#db/tiers'

export type ApiKey = {
  id: string
  name: string
  scope: KeyScope
  hint: string
  owner: string
  ownerId: string
  createdAt: Date
  usedAt: Date | null
  expiresAt: Date | null
  expired: boolean
}

/**
 * The member that a key belongs to. It grants nothing by itself: the tenant transaction checks the
 * key again in the database.
 */
export type ApiKeyInfo = {
  id: string
  tenantId: string
  scope: KeyScope
  role: Role
  tier: Tier
  currency: string
  owner: { id: string; name: string }
  isSuspended: boolean
}

const prefix = 'rowhouse_'
const expiry = (days: number | null) =>
  days === null ? null : sql`now() + make_interval(days => ${days})`

/**
 * Creates a key for a member.
 *
 * @param input - `days` until the key expires; null for never.
 * @returns The key, which cannot be read again: only its hash is stored.
 */
export async function create(input: {
  tenantId: string
  userId: string
  name: string
  scope: KeyScope
  days: number | null
}): Promise<{ id: string; key: string }> {
  const key = prefix + newSecret()
  const { days, ...values } = input
  const id = newId()
  await platform()
    .insert(apiKeys)
    .values({
      ...values,
      id,
      name: input.name.trim(),
      hint: key.slice(-4),
      keyHash: secretHash(key),
      expiresAt: expiry(days),
    })
  return { id, key }
}

export const list = (tenantId: string): Promise<ApiKey[]> =>
  platform()
    .select({
      id: apiKeys.id,
      name: apiKeys.name,
      scope: apiKeys.scope,
      hint: apiKeys.hint,
      owner: users.name,
      ownerId: users.id,
      createdAt: apiKeys.createdAt,
      usedAt: apiKeys.usedAt,
      expiresAt: apiKeys.expiresAt,
      expired: sql<boolean>`coalesce(${apiKeys.expiresAt} <= now(), false)`,
    })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .where(eq(apiKeys.tenantId, tenantId))
    .orderBy(asc(apiKeys.createdAt))

/**
 * Revokes a key of this tenant.
 *
 * @throws NotFound
 */
export async function revoke(tenantId: string, id: string): Promise<{ name: string }> {
  const [revoked] = await platform()
    .delete(apiKeys)
    .where(and(eq(apiKeys.tenantId, tenantId), eq(apiKeys.id, id)))
    .returning({ name: apiKeys.name })
  if (!revoked) throw new NotFound('this key')
  return revoked
}

/**
 * Looks up a key, and records at most once a minute that it was used. An expired key and one of a
 * banned user are not found, so that they use up none of the tenant's calls. The tenant transaction
 * checks the key again.
 */
export async function read(key: string): Promise<ApiKeyInfo | undefined> {
  if (!key.startsWith(prefix) || key.length > 100) return undefined
  const [found] = await platform()
    .select({
      id: apiKeys.id,
      tenantId: apiKeys.tenantId,
      scope: apiKeys.scope,
      role: members.role,
      tier: tenants.tier,
      currency: tenants.currency,
      suspension: suspensions.id,
      usedAt: apiKeys.usedAt,
      owner: { id: users.id, name: users.name },
      name: apiKeys.name,
    })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .innerJoin(
      members,
      and(eq(members.tenantId, apiKeys.tenantId), eq(members.userId, apiKeys.userId)),
    )
    .innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
    .leftJoin(
      suspensions,
      and(eq(suspensions.tenantId, apiKeys.tenantId), isNull(suspensions.liftedAt)),
    )
    .where(
      and(
        eq(apiKeys.keyHash, secretHash(key)),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)),
        notExists(platform().select().from(bans).where(eq(bans.userId, apiKeys.userId))),
      ),
    )
  if (!found) return undefined
  const { usedAt, name, owner, suspension, ...info } = found
  if (!usedAt || Date.now() - usedAt.getTime() > 60_000)
    await platform()
      .update(apiKeys)
      .set({ usedAt: sql`now()` })
      .where(eq(apiKeys.id, info.id))
  return {
    ...info,
    tier: asTier(info.tier),
    isSuspended: suspension !== null,
    owner: { id: owner.id, name: `${owner.name} (key ${name})` },
  }
}
