import { countLimit } from '#tenancy/admission/usage'
import type { Caller, ServiceCaller } from '#tenancy/base/caller'
import { type Tenancy } from '#tenancy/base/tenancy'
import { TookTooLong } from '#tenancy/base/errors'
import { NotAMember, NotSignedIn, PlacementStale, TenantSuspended } from '#tenancy/context/errors'
import { type Placement } from '#tenancy/registry/placements'

/**
 * Translates a SQLSTATE of the entry functions, or of a cancelled statement, into an engine error.
 * @returns The original error for any other SQLSTATE.
 */
export function translateRefusal(
  tenancy: Tenancy,
  error: unknown,
  {
    caller: { tenantId },
    placement,
    statementMs,
  }: { caller: Caller | ServiceCaller; placement: Placement; statementMs: number | null },
): unknown {
  const cause = error instanceof Error && error.cause ? error.cause : error
  const code =
    typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
  switch (code) {
    case 'TN401':
      return new NotSignedIn()
    case 'TN403':
      return new NotAMember(tenantId)
    case 'TN423':
      return new TenantSuspended(tenantId)
    case 'TN409':
      return new PlacementStale(
        tenantId,
        placement.epoch,
        (cause as { detail?: string }).detail ?? 'nothing',
      )
    case '55P03': // the entry timed out waiting for a move's lock
    case '57014':
      if (statementMs === null) return error
      countLimit(tenancy, tenantId, 'statement_time')
      return new TookTooLong(statementMs)
    default:
      return error
  }
}
