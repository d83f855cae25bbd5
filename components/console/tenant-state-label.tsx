import { FleetStateLabel } from '#components/console/fleet-state-label'
import { StateLabel } from '#components/console/labels'
import type { State as FleetState } from '@rowhouse/tenancy/migrations'
import type { MoveState } from '@rowhouse/tenancy/schema'

/** What matters most about a tenant, in one word. */
export function TenantStateLabel({
  suspended,
  moveState,
  standing,
  ailing,
}: {
  suspended: boolean
  moveState: MoveState | null
  standing: FleetState | null
  ailing: boolean
}) {
  if (suspended) return <StateLabel tone="bad">Suspended</StateLabel>
  if (moveState === 'switched') return <StateLabel tone="warn">To be confirmed</StateLabel>
  if (moveState) return <StateLabel tone="busy">Moving</StateLabel>
  if (ailing) return <StateLabel tone="bad">The doctor objects</StateLabel>
  if (standing && !['current', 'unseen'].includes(standing))
    return <FleetStateLabel state={standing} />
  return <StateLabel tone="good">Active</StateLabel>
}
