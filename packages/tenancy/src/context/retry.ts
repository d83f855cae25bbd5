import { setTimeout as sleep } from 'node:timers/promises'
import { timings } from '#tenancy/base/timings'
import type { Caller, ServiceCaller } from '#tenancy/base/caller'
import { type Tenancy } from '#tenancy/base/tenancy'
import { NotAMember, PlacementStale, TenantMoving } from '#tenancy/context/errors'
import { DedicatedRoleRefused } from '#tenancy/base/errors'
import { codeOf } from '#tenancy/base/transient-errors'
import { isId } from '#tenancy/base/ids'
import { forgetPlacement, placementOf, type Placement } from '#tenancy/registry/placements'

/**
 * Runs an attempt in the tenant's placement, and repeats it in the new one if the tenant has moved.
 * @returns The result of the attempt that succeeded.
 * @throws TenantMoving or DedicatedRoleRefused after `timings.movingTenantWait`.
 */
export async function retryStale<T>(
  tenancy: Tenancy,
  { tenantId }: Caller | ServiceCaller,
  attempt: (placement: Placement) => Promise<T>,
): Promise<T> {
  if (!isId(tenantId)) throw new NotAMember(String(tenantId))
  const started = performance.now()
  for (let tries = 0; ; tries++) {
    const placement = await placementOf(tenancy, tenantId)
    try {
      return await attempt(placement)
    } catch (error) {
      const refused = DedicatedRoleRefused.is(error)
      if (!PlacementStale.is(error) && !refused && !isGone(error, placement)) throw error
      forgetPlacement(tenancy, tenantId)
      const waited = Math.round(performance.now() - started)
      if (waited > timings.movingTenantWait)
        throw refused ? error : new TenantMoving(tenantId, waited)
      if (tries > 0) await sleep(5 + Math.random() * 20)
    }
  }
}

/** Whether the database of a cached placement was removed after a move. */
const isGone = (error: unknown, { login }: Placement) => login !== null && codeOf(error) === '3D000'
