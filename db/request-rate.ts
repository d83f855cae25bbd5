import { RateLimiterMemory } from 'rate-limiter-flexible'
import { TooBusy } from '#db/errors'
import { limitsOf } from '#db/limits'
import { count, countLimit } from '#db/usage'

const held = globalThis as typeof globalThis & { rowhouseRequests?: RateLimiterMemory }
const minute = () => (held.rowhouseRequests ??= new RateLimiterMemory({ points: 1, duration: 60 }))

/** Counts one request of a tenant in this process. Throws TooBusy with the seconds to wait when its minute is used up. */
export async function spendRequest(tenantId: string): Promise<void> {
  const { requestsPerMinute: limit } = await limitsOf(tenantId)
  const { consumedPoints, msBeforeNext } = await minute().penalty(tenantId, 1)
  count(tenantId, { requests: 1 })
  if (consumedPoints <= limit) return
  countLimit(tenantId, 'requests a minute')
  throw new TooBusy('requests a minute', limit, Math.max(1, Math.ceil(msBeforeNext / 1000)))
}
