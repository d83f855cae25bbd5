import { RateLimiterPostgres } from 'rate-limiter-flexible'
import { TooBusy } from '#tenancy/base/errors'
import { limitsOf } from '#tenancy/admission/limits'
import { platformPool } from '#tenancy/registry/pools'
import { countUsage, countLimit } from '#tenancy/admission/usage'
import type { Tenancy } from '#tenancy/base/tenancy'

/** What is left of a tenant's API calls; `seconds` until the count starts again. */
export type RemainingCalls = { limit: number; remaining: number; seconds: number }

/**
 * Counts one API call of a tenant, across its keys and all processes.
 * @returns What is left of this minute.
 * @throws TooBusy when nothing is left.
 */
export async function countCall(
  tenancy: Tenancy,
  { tenantId }: { tenantId: string },
): Promise<RemainingCalls> {
  const { apiPerMinute: limit } = await limitsOf(tenancy, tenantId)
  const limiter = new RateLimiterPostgres({
    storeClient: platformPool(tenancy),
    storeType: 'pool',
    schemaName: 'tenancy',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix: 'api',
    points: limit,
    duration: 60,
    clearExpiredByTimeout: false,
  })
  const { consumedPoints, msBeforeNext } = await limiter.penalty(tenantId, 1)
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000))
  countUsage(tenancy, tenantId, { requests: 1 })
  if (consumedPoints > limit) {
    countLimit(tenancy, tenantId, 'api_calls_per_minute')
    throw new TooBusy('api_calls_per_minute', limit, seconds)
  }
  return { limit, remaining: limit - consumedPoints, seconds }
}
