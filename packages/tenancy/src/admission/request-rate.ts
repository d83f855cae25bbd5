import { createHash } from 'node:crypto'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { stateOf, type Tenancy } from '#tenancy/base/tenancy'
import { TooBusy } from '#tenancy/base/errors'
import { countUsage, countLimit } from '#tenancy/admission/usage'

/**
 * Which tenant a session cookie acted for when it was last looked at. A hint for counting, never
 * for access.
 */
type SessionTenant = { tenantId: string; limit: number }
const mostSessions = 50_000

const minute = stateOf('requests', () => new RateLimiterMemory({ points: 1, duration: 60 }))
const sessions = stateOf('sessions', () => new Map<string, SessionTenant>())
const keyOf = (cookie: string) => createHash('sha256').update(cookie).digest('base64')

/**
 * Counts one request of a tenant in this process. Throws TooBusy with the seconds to wait when its
 * minute is used up.
 */
export async function countTenantRequest(
  tenancy: Tenancy,
  tenantId: string,
  limit: number,
): Promise<void> {
  const { consumedPoints, msBeforeNext } = await minute(tenancy).penalty(tenantId, 1)
  countUsage(tenancy, tenantId, { requests: 1 })
  if (consumedPoints <= limit) return
  countLimit(tenancy, tenantId, 'requests a minute')
  throw new TooBusy('requests a minute', limit, Math.max(1, Math.ceil(msBeforeNext / 1000)))
}

/**
 * Remembers whom a cookie acts for, so that its next request is counted before anything is read for
 * it.
 */
export function noteSession(
  tenancy: Tenancy,
  cookie: string,
  tenantId: string,
  limit: number,
): void {
  if (sessions(tenancy).size >= mostSessions) sessions(tenancy).clear()
  sessions(tenancy).set(keyOf(cookie), { tenantId, limit })
}

/**
 * Counts a request by its cookie. False for a cookie that nobody has seen yet: whoever reads it
 * counts. Throws TooBusy.
 */
export async function countSessionRequest(tenancy: Tenancy, cookie: string): Promise<boolean> {
  const session = sessions(tenancy).get(keyOf(cookie))
  if (session) await countTenantRequest(tenancy, session.tenantId, session.limit)
  return session !== undefined
}
