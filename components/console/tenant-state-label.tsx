import { FleetStateLabel } from '#components/console/fleet-state-label'
import { StateLabel } from '#components/console/labels'
import type { TargetState } from '@rowhouse/tenancy/migrations'
import type { MoveState } from '@rowhouse/tenancy/schema'

/** The most important of a tenant's states. */
export function TenantStateLabel({
  suspended,
  moveState,
  migrationState,
  hasViolations,
}: {
  suspended: boolean
  moveState: MoveState | null
  migrationState: TargetState | null
  hasViolations: boolean
}) {
  if (suspended) return <StateLabel tone="bad">Suspended</StateLabel>
  if (moveState === 'switched') return <StateLabel tone="warn">To be confirmed</StateLabel>
  if (moveState) return <StateLabel tone="busy">Moving</StateLabel>
  if (hasViolations) return <StateLabel tone="bad">The doctor objects</StateLabel>
  if (migrationState && !['current', 'unseen'].includes(migrationState))
    return <FleetStateLabel state={migrationState} />
  return <StateLabel tone="good">Active</StateLabel>
}
