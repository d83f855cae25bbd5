import { createHash } from 'node:crypto'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { TooBusy } from '#db/errors'
import { count, countLimit } from '#db/limits/usage'

/**
 * Which tenant a session cookie acted for when it was last looked at. A hint for counting, never
 * for access.
 */
type Seat = { tenantId: string; limit: number }
const mostSeats = 50_000

const held = globalThis as typeof globalThis & {
  rowhouseRequests?: RateLimiterMemory
  rowhouseSeats?: Map<string, Seat>
}
const minute = () => (held.rowhouseRequests ??= new RateLimiterMemory({ points: 1, duration: 60 }))
const seats = () => (held.rowhouseSeats ??= new Map())
const keyOf = (cookie: string) => createHash('sha256').update(cookie).digest('base64')

/**
 * Counts one request of a tenant in this process. Throws TooBusy with the seconds to wait when its
 * minute is used up.
 */
export async function spend(tenantId: string, limit: number): Promise<void> {
  const { consumedPoints, msBeforeNext } = await minute().penalty(tenantId, 1)
  count(tenantId, { requests: 1 })
  if (consumedPoints <= limit) return
  countLimit(tenantId, 'requests a minute')
  throw new TooBusy('requests a minute', limit, Math.max(1, Math.ceil(msBeforeNext / 1000)))
}

/**
 * Remembers whom a cookie acts for, so that its next request is counted before anything is read for
 * it.
 */
export function noteSeat(cookie: string, tenantId: string, limit: number): void {
  if (seats().size >= mostSeats) seats().clear()
  seats().set(keyOf(cookie), { tenantId, limit })
}

/**
 * Counts a request by its cookie. False for a cookie that nobody has seen yet: whoever reads it
 * counts. Throws TooBusy.
 */
export async function spendSeat(cookie: string): Promise<boolean> {
  const seat = seats().get(keyOf(cookie))
  if (seat) await spend(seat.tenantId, seat.limit)
  return seat !== undefined
}
