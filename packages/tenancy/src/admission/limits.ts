import { eq, sql } from 'drizzle-orm'
import { record } from '#db/console/audit'
import { NotFound } from '#db/errors'
import { platform } from '#db/registry'
import { spend } from '#db/limits/request-rate'
import { tenantLimits, tenants, type Tier } from '#db/schema/platform'

/**
 * What one tenant may use of each process of the app: milliseconds, transactions at a time, calls a
 * minute, rows.
 */
export type Limits = {
  statementMs: number
  concurrent: number
  requestsPerMinute: number
  apiPerMinute: number
  exportRows: number
}

export const tierLimits: Record<Tier, Limits> = {
  starter: {
    statementMs: 5_000,
    concurrent: 2,
    requestsPerMinute: 600,
    apiPerMinute: 120,
    exportRows: 100_000,
  },
  business: {
    statementMs: 15_000,
    concurrent: 6,
    requestsPerMinute: 3_000,
    apiPerMinute: 600,
    exportRows: 1_000_000,
  },
  enterprise: {
    statementMs: 25_000,
    concurrent: 12,
    requestsPerMinute: 12_000,
    apiPerMinute: 3_000,
    exportRows: 10_000_000,
  },
}
export const limitNames = Object.keys(tierLimits.starter) as (keyof Limits)[]

/**
 * What a tenant's tier gives, what was set for it alone (null where nothing was), and what holds.
 */
export type LimitFacts = {
  tier: Tier
  given: Limits
  own: { [K in keyof Limits]: number | null }
  limits: Limits
}

const cacheMs = 30_000
const held = globalThis as typeof globalThis & {
  rowhouseLimits?: Map<string, { limits: Limits; at: number }>
}
const cache = () => (held.rowhouseLimits ??= new Map())

/** The limits of a tenant, at most 30 s old. */
export async function limitsOf(tenantId: string): Promise<Limits> {
  const known = cache().get(tenantId)
  if (known && performance.now() - known.at < cacheMs) return known.limits
  const { limits } = await limitFacts(tenantId)
  cache().set(tenantId, { limits, at: performance.now() })
  return limits
}

/** Counts one request of a tenant. Throws TooBusy when its minute is used up. */
export const spendRequest = async (tenantId: string): Promise<void> =>
  spend(tenantId, (await limitsOf(tenantId)).requestsPerMinute)

export function forgetLimits(tenantId?: string): void {
  if (tenantId) cache().delete(tenantId)
  else cache().clear()
}

/** A tenant's limits as the database has them now, never from the cache. Throws NotFound. */
export async function limitFacts(tenantId: string): Promise<LimitFacts> {
  const [row] = await platform()
    .select({ tier: tenants.tier, ...ownColumns })
    .from(tenants)
    .leftJoin(tenantLimits, eq(tenantLimits.tenantId, tenants.id))
    .where(eq(tenants.id, tenantId))
  if (!row) throw new NotFound('organisation')
  const { tier, ...own } = row
  return { tier, given: tierLimits[tier], own, limits: limitsIn(tier, own) }
}

/** What would hold in a tier for a tenant with such limits of its own. */
export function limitsIn(tier: Tier, own: LimitFacts['own']): Limits {
  const limits = { ...tierLimits[tier] }
  for (const name of limitNames) limits[name] = own[name] ?? limits[name]
  return limits
}

const ownColumns = {
  statementMs: tenantLimits.statementMs,
  concurrent: tenantLimits.concurrent,
  requestsPerMinute: tenantLimits.requestsPerMinute,
  apiPerMinute: tenantLimits.apiPerMinute,
  exportRows: tenantLimits.exportRows,
}

/**
 * Gives a tenant limits of its own; null takes one back to that of its tier. Every process follows
 * within a moment.
 */
export async function setLimits(
  deed: { tenantId: string; actor: string; reason: string },
  own: Partial<LimitFacts['own']>,
): Promise<void> {
  const { tenantId, actor, reason } = deed
  await platform().transaction(async (tx) => {
    const row = { ...own, setAt: new Date(), setBy: actor }
    await tx
      .insert(tenantLimits)
      .values({ tenantId, ...row })
      .onConflictDoUpdate({ target: tenantLimits.tenantId, set: row })
    await record(tx, { actor, deed: 'limits set', tenantId, detail: { reason, ...own } })
    await tx.execute(sql`select pg_notify('rowhouse_placements', ${tenantId})`)
  })
  forgetLimits(tenantId)
}
