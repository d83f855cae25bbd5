import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import { TooBusy } from '#db/errors'
import { platformPool } from '#db/pools'
import type { Tier } from '#db/schema/platform'

export type Left = { limit: number; remaining: number; seconds: number }

/** Calls a minute, for all keys of a tenant together. */
export const callsPerMinute: Record<Tier, number> = { starter: 120, business: 600, enterprise: 3000 }

/** Counts one call of a tenant. Out: what is left of this minute. Throws TooBusy when there is nothing left. */
export async function countCall({ tenantId, tier }: { tenantId: string; tier: Tier }): Promise<Left> {
  const limit = callsPerMinute[tier]
  const limiter = new RateLimiterPostgres({ storeClient: platformPool(), schemaName: 'platform', tableName: 'rate_limits', tableCreated: true, keyPrefix: `api ${tier}`, points: limit, duration: 60, clearExpiredByTimeout: false })
  try {
    const { remainingPoints, msBeforeNext } = await limiter.consume(tenantId)
    return { limit, remaining: remainingPoints, seconds: Math.ceil(msBeforeNext / 1000) }
  } catch (refused) {
    if (refused instanceof RateLimiterRes) throw new TooBusy('API calls a minute', limit, Math.ceil(refused.msBeforeNext / 1000))
    throw refused
  }
}
