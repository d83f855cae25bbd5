import { setTimeout as sleep } from 'node:timers/promises'
import { timings } from '#tenancy/base/timings'
import type { Caller, ServiceCaller } from '#tenancy/base/caller'
import { ConnectionFailed, DedicatedRoleRefused } from '#tenancy/base/errors'
import { type Tenancy } from '#tenancy/base/tenancy'
import { NotAMember, PlacementStale, TenantMoving } from '#tenancy/context/errors'
import { codeOf } from '#tenancy/base/transient-errors'
import { isId } from '#tenancy/base/ids'
import { forgetPlacement, placementOf, type Placement } from '#tenancy/registry/placements'

/** What a failed attempt reports: whether its commit was sent and may have taken effect. */
export type AttemptProgress = { mayHaveCommitted: boolean }

const maxEndedConnections = 8

/**
 * Runs an attempt in the tenant's placement. Repeats it in the new one if the tenant has moved, and on
 * another connection if its own was ended before the commit was sent.
 * @returns The result of the attempt that succeeded.
 * @throws TenantMoving or DedicatedRoleRefused after `timings.movingTenantWait`.
 */
export async function runWithRetries<T>(
  tenancy: Tenancy,
  { tenantId }: Caller | ServiceCaller,
  attempt: (placement: Placement, progress: AttemptProgress) => Promise<T>,
): Promise<T> {
  if (!isId(tenantId)) throw new NotAMember(String(tenantId))
  const started = performance.now()
  let endedConnections = 0
  for (let tries = 0; ; tries++) {
    const placement = await placementOf(tenancy, tenantId)
    const progress: AttemptProgress = { mayHaveCommitted: false }
    try {
      return await attempt(placement, progress)
    } catch (error) {
      const waited = Math.round(performance.now() - started)
      const refused = DedicatedRoleRefused.is(error)
      if (!refused && isEnded(error)) {
        if (progress.mayHaveCommitted || waited > timings.endedConnectionRetry) throw error
        if (++endedConnections > maxEndedConnections) throw error
        await sleep(Math.min(10 * 2 ** endedConnections, 500) * (0.5 + Math.random()))
        continue
      }
      if (!PlacementStale.is(error) && !refused && !isGone(error, placement)) throw error
      forgetPlacement(tenancy, tenantId)
      if (waited > timings.movingTenantWait)
        throw refused ? error : new TenantMoving(tenantId, waited)
      if (tries > 0) await sleep(5 + Math.random() * 20)
    }
  }
}

/**
 * Whether the server has ended the connection. Where pg_terminate_backend cannot be revoked, any tenant on
 * the shared login can end the others' sessions.
 */
function isEnded(error: unknown): boolean {
  if (endedCodes.has(codeOf(error) ?? '')) return true
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (ConnectionFailed.is(cause)) return cause.why === 'closed'
  return false
}

// the server has ended the connection, a pooler has, the system has
const endedCodes = new Set(['57P01', '08P01', 'ECONNRESET', 'EPIPE'])

/** Whether the database of a cached placement was removed after a move. */
const isGone = (error: unknown, { login }: Placement) => login !== null && codeOf(error) === '3D000'
