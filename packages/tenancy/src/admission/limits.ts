import { eq, sql } from 'drizzle-orm'
import { timings } from '#tenancy/base/timings'
import { stateOf, type Limits, type Tenancy } from '#tenancy/base/tenancy'
import { recordAudit } from '#tenancy/audit/record'
import { NotFound } from '#tenancy/base/errors'
import { platform } from '#tenancy/registry/placements'
import { tierOf } from '#tenancy/base/tiers'
import { countTenantRequest } from '#tenancy/admission/request-rate'
import { tenantLimits, tenants } from '#tenancy/base/schema'

/** The names of the limits of a tenant. */
export const limitNames = [
  'statementMs',
  'concurrent',
  'requestsPerMinute',
  'apiPerMinute',
  'exportRows',
] as const satisfies (keyof Limits)[]

/** The limits of a tenant's tier, its own overrides (null where there is none), and the result. */
export type LimitFacts = {
  tier: string
  ofTier: Limits
  own: { [K in keyof Limits]: number | null }
  limits: Limits
}

const cache = stateOf('limits', () => new Map<string, { limits: Limits; at: number }>())

/**
 * Returns the limits of a tenant, cached for at most `timings.cache`.
 * @param tenancy - The instance.
 * @param tenantId - The tenant.
 * @returns The limits of its tier, with its overrides.
 * @throws NotFound
 */
export async function limitsOf(tenancy: Tenancy, tenantId: string): Promise<Limits> {
  const known = cache(tenancy).get(tenantId)
  if (known && performance.now() - known.at < timings.cache) return known.limits
  const { limits } = await limitFacts(tenancy, tenantId)
  cache(tenancy).set(tenantId, { limits, at: performance.now() })
  return limits
}

/**
 * Counts one request of a tenant.
 * @param tenancy - The instance.
 * @param tenantId - The tenant.
 * @throws TooBusy when no request remains in the current minute.
 */
export const spendRequest = async (tenancy: Tenancy, tenantId: string): Promise<void> =>
  countTenantRequest(tenancy, tenantId, (await limitsOf(tenancy, tenantId)).requestsPerMinute)

/**
 * Drops cached limits.
 * @param tenancy - The instance.
 * @param tenantId - The tenant; all tenants without it.
 */
export function forgetLimits(tenancy: Tenancy, tenantId?: string): void {
  if (tenantId) cache(tenancy).delete(tenantId)
  else cache(tenancy).clear()
}

/**
 * Reads a tenant's limits from the database.
 * @param tenancy - The instance.
 * @param tenantId - The tenant.
 * @returns Its tier, the limits of the tier, its overrides and the result.
 * @throws NotFound
 */
export async function limitFacts(tenancy: Tenancy, tenantId: string): Promise<LimitFacts> {
  const [row] = await platform(tenancy)
    .select({ tier: tenants.tier, ...ownColumns })
    .from(tenants)
    .leftJoin(tenantLimits, eq(tenantLimits.tenantId, tenants.id))
    .where(eq(tenants.id, tenantId))
  if (!row) throw new NotFound('organisation')
  const { tier, ...own } = row
  return { tier, ofTier: tierOf(tenancy, tier).limits, own, limits: limitsIn(tenancy, tier, own) }
}

/**
 * Applies overrides to the limits of a tier.
 * @param tenancy - The instance.
 * @param tier - The name of the tier.
 * @param own - The overrides; null for the limit of the tier.
 * @returns The limits that apply.
 * @throws ConfigurationError when the tier does not exist.
 */
export function limitsIn(tenancy: Tenancy, tier: string, own: LimitFacts['own']): Limits {
  const limits = { ...tierOf(tenancy, tier).limits }
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
 * Overrides limits of a tenant, records it in the audit trail and notifies every process.
 * @param tenancy - The instance.
 * @param action - The tenant, and who overrides its limits and why.
 * @param own - Null restores the limit of the tier.
 */
export async function setLimits(
  tenancy: Tenancy,
  action: { tenantId: string; actor: string; reason: string },
  own: Partial<LimitFacts['own']>,
): Promise<void> {
  const { tenantId, actor, reason } = action
  await platform(tenancy).transaction(async (tx) => {
    const row = { ...own, setAt: new Date(), setBy: actor }
    await tx
      .insert(tenantLimits)
      .values({ tenantId, ...row })
      .onConflictDoUpdate({ target: tenantLimits.tenantId, set: row })
    await recordAudit(tx, { actor, action: 'limits set', tenantId, detail: { reason, ...own } })
    await tx.execute(sql`select pg_notify('rowhouse_placements', ${tenantId})`)
  })
  forgetLimits(tenancy, tenantId)
}
