import { RateLimiterPostgres } from 'rate-limiter-flexible'
import { TooBusy } from '#db/errors'
import { limitsOf } from '#db/limits/limits'
import { platformPool } from '#db/pools'
import { count, countLimit } from '#db/limits/usage'

export type Left = { limit: number; remaining: number; seconds: number }

/**
 * Counts one call of a tenant, over all its keys and all processes. Out: what is left of this
 * minute. Throws TooBusy when there is nothing left.
 */
export async function countCall({ tenantId }: { tenantId: string }): Promise<Left> {
  const { apiPerMinute: limit } = await limitsOf(tenantId)
  const limiter = new RateLimiterPostgres({
    storeClient: platformPool(),
    schemaName: 'platform',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix: 'api',
    points: limit,
    duration: 60,
    clearExpiredByTimeout: false,
  })
  const { consumedPoints, msBeforeNext } = await limiter.penalty(tenantId, 1)
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000))
  count(tenantId, { requests: 1 })
  if (consumedPoints > limit) {
    countLimit(tenantId, 'API calls a minute')
    throw new TooBusy('API calls a minute', limit, seconds)
  }
  return { limit, remaining: limit - consumedPoints, seconds }
}
