import { StateLabel, type Tone } from '#components/console/labels'
import type { TargetState } from '@rowhouse/tenancy/migrations'

const stateLabels: Record<TargetState, [string, Tone]> = {
  current: ['Current', 'good'],
  behind: ['Behind', 'warn'],
  failed: ['Migration failed', 'bad'],
  changed: ['File changed', 'bad'],
  ahead: ['Ahead of this build', 'bad'],
  unseen: ['Not looked at yet', 'plain'],
  unreachable: ['Out of reach', 'bad'],
}

/** A target's version, compared with this build's migrations. */
export function FleetStateLabel({ state }: { state: TargetState }) {
  const [label, tone] = stateLabels[state]
  return <StateLabel tone={tone}>{label}</StateLabel>
}
