import { and, asc, eq, sql } from 'drizzle-orm'
import { NotFound, newId, newSecret, secretHash } from '@rowhouse/tenancy'
import { platform } from '#db/tenancy'
import { apiKeys, type KeyScope } from '#db/schema/accounts'
import { members, users, type Role } from '#db/schema/platform'
import { tenants } from '@rowhouse/tenancy/schema'
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

/** Who a key speaks for. What it may do is decided by the door, which asks the database again. */
export type KeyFacts = {
  id: string
  tenantId: string
  scope: KeyScope
  role: Role
  tier: Tier
  currency: string
  owner: { id: string; name: string }
}

const lead = 'rowhouse_'
const expiry = (days: number | null) =>
  days === null ? null : sql`now() + make_interval(days => ${days})`

/**
 * Makes a key for a member. Returns it with its id: this is the only time that anybody can read it.
 */
export async function create(input: {
  tenantId: string
  userId: string
  name: string
  scope: KeyScope
  days: number | null
}): Promise<{ id: string; key: string }> {
  const key = lead + newSecret()
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

/** Ends a key of this tenant. Throws NotFound. */
export async function revoke(tenantId: string, id: string): Promise<{ name: string }> {
  const [gone] = await platform()
    .delete(apiKeys)
    .where(and(eq(apiKeys.tenantId, tenantId), eq(apiKeys.id, id)))
    .returning({ name: apiKeys.name })
  if (!gone) throw new NotFound('this key')
  return gone
}

/**
 * Whose key this is, or undefined. Says nothing about whether it still opens the door; notes, once
 * a minute, that it was used.
 */
export async function read(key: string): Promise<KeyFacts | undefined> {
  if (!key.startsWith(lead) || key.length > 100) return undefined
  const [found] = await platform()
    .select({
      id: apiKeys.id,
      tenantId: apiKeys.tenantId,
      scope: apiKeys.scope,
      role: members.role,
      tier: tenants.tier,
      currency: tenants.currency,
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
    .where(eq(apiKeys.keyHash, secretHash(key)))
  if (!found) return undefined
  const { usedAt, name, owner, ...facts } = found
  if (!usedAt || Date.now() - usedAt.getTime() > 60_000)
    await platform()
      .update(apiKeys)
      .set({ usedAt: sql`now()` })
      .where(eq(apiKeys.id, facts.id))
  return {
    ...facts,
    tier: asTier(facts.tier),
    owner: { id: owner.id, name: `${owner.name} (key ${name})` },
  }
}
