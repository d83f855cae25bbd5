import { createHash } from 'node:crypto'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { stateOf, type Tenancy } from '#tenancy/base/tenancy'
import { TooBusy } from '#tenancy/base/errors'
import { countUsage, countLimit } from '#tenancy/admission/usage'

/**
 * The tenant that a session cookie was last used for, and how many requests were counted since. For
 * counting only, never for access.
 */
type LastTenant = { tenantId: string; limit: number; counted: number }
const maxSessions = 50_000
/** After so many requests the caller has to read the session again: it may have ended. */
const maxCounted = 20

const minute = stateOf('requests', () => new RateLimiterMemory({ points: 1, duration: 60 }))
const sessions = stateOf('sessions', () => new Map<string, LastTenant>())
const keyOf = (cookie: string) => createHash('sha256').update(cookie).digest('base64')

/**
 * Counts one request of a tenant in this process.
 * @param tenancy - The instance.
 * @param tenantId - The tenant.
 * @param limit - Requests a minute.
 * @throws TooBusy with the seconds to wait when no request remains in the current minute.
 */
export async function countTenantRequest(
  tenancy: Tenancy,
  tenantId: string,
  limit: number,
): Promise<void> {
  const { consumedPoints, msBeforeNext } = await minute(tenancy).penalty(tenantId, 1)
  countUsage(tenancy, tenantId, { requests: 1 })
  if (consumedPoints <= limit) return
  countLimit(tenancy, tenantId, 'requests_per_minute')
  throw new TooBusy('requests_per_minute', limit, Math.max(1, Math.ceil(msBeforeNext / 1000)))
}

/**
 * Remembers a cookie's tenant, so that its next request is counted before any query runs.
 * @param tenancy - The instance.
 * @param cookie - The session cookie.
 * @param tenantId - The tenant.
 * @param limit - Requests a minute.
 */
export function rememberSession(
  tenancy: Tenancy,
  cookie: string,
  tenantId: string,
  limit: number,
): void {
  if (sessions(tenancy).size >= maxSessions) sessions(tenancy).clear()
  sessions(tenancy).set(keyOf(cookie), { tenantId, limit, counted: 0 })
}

/**
 * Forgets a cookie that is no longer a session of a tenant, and gives the tenant back the requests
 * that were counted since the session was last read.
 * @param tenancy - The instance.
 * @param cookie - The session cookie.
 */
export async function forgetSession(tenancy: Tenancy, cookie: string): Promise<void> {
  const session = sessions(tenancy).get(keyOf(cookie))
  if (!session) return
  sessions(tenancy).delete(keyOf(cookie))
  if (session.counted > 0) await minute(tenancy).reward(session.tenantId, session.counted)
}

/**
 * Counts a request by its session cookie.
 * @param tenancy - The instance.
 * @param cookie - The session cookie.
 * @returns False for a cookie that is unknown, or that was counted often since its session was read:
 *   the caller counts the request after it has read the session.
 * @throws TooBusy when no request remains in the current minute.
 */
export async function countSessionRequest(tenancy: Tenancy, cookie: string): Promise<boolean> {
  const session = sessions(tenancy).get(keyOf(cookie))
  if (!session || session.counted >= maxCounted) return false
  session.counted++
  await countTenantRequest(tenancy, session.tenantId, session.limit)
  return true
}
