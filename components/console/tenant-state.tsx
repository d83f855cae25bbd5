import { FleetStateText } from '#components/console/fleet-state'
import { State } from '#components/console/marks'
import type { State as FleetState } from '#db/fleet/status'
import type { MoveState } from '#db/schema/platform'

/** What matters most about a tenant, in one word. */
export function TenantState({
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
  if (suspended) return <State tone="bad">Suspended</State>
  if (moveState === 'switched') return <State tone="warn">To be confirmed</State>
  if (moveState) return <State tone="busy">Moving</State>
  if (ailing) return <State tone="bad">The doctor objects</State>
  if (standing && !['current', 'unseen'].includes(standing))
    return <FleetStateText state={standing} />
  return <State tone="good">Active</State>
}
