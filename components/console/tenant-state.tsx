import { State } from '#components/console/marks'
import type { State as FleetState } from '#db/fleet/status'
import type { MoveState } from '#db/schema/platform'

const behind: Partial<Record<FleetState, string>> = { behind: 'Behind', failed: 'Migration failed', changed: 'File changed', ahead: 'Ahead of this build', unreachable: 'Out of reach' }

/** What matters most about a tenant, in one word. */
export function TenantState({ suspended, moveState, standing, ailing }: { suspended: boolean; moveState: MoveState | null; standing: FleetState | null; ailing: boolean }) {
  const problem = standing ? behind[standing] : undefined
  if (suspended) return <State tone="bad">Suspended</State>
  if (moveState === 'switched') return <State tone="warn">To be confirmed</State>
  if (moveState) return <State tone="busy">Moving</State>
  if (ailing) return <State tone="bad">The doctor objects</State>
  if (problem) return <State tone="warn">{problem}</State>
  return <State tone="good">Active</State>
}
