import { RateLimiterPostgres } from 'rate-limiter-flexible'
import { TooBusy } from '#tenancy/base/errors'
import { limitsOf } from '#tenancy/admission/limits'
import { platformPool } from '#tenancy/registry/pools'
import { countUsage, countLimit } from '#tenancy/admission/usage'
import type { Tenancy } from '#tenancy/base/tenancy'

/** What remains of a tenant's API calls in the current minute. */
export type RemainingCalls = {
  limit: number
  remaining: number
  /** Seconds until the limit resets. */
  seconds: number
}

/**
 * Counts one API call of a tenant, over all its keys and all processes.
 * @param tenancy - The instance.
 * @param caller - Its `tenantId` names the tenant.
 * @returns What remains of the current minute.
 * @throws TooBusy when nothing remains.
 */
export async function countCall(
  tenancy: Tenancy,
  caller: { tenantId: string },
): Promise<RemainingCalls> {
  const { tenantId } = caller
  const { apiPerMinute: limit } = await limitsOf(tenancy, tenantId)
  const pool = platformPool(tenancy)
  const limiter = new RateLimiterPostgres({
    // The limiter names its statements, which poolers in transaction mode do not support.
    storeClient: {
      query: ({ text, values }: { text: string; values: unknown[] }) => pool.query(text, values),
    },
    storeType: 'client',
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
