import { State, type Tone } from '#components/console/marks'
import type { State as FleetState } from '#db/fleet/status'

const words: Record<FleetState, [string, Tone]> = {
  current: ['Current', 'good'],
  behind: ['Behind', 'warn'],
  failed: ['Migration failed', 'bad'],
  changed: ['File changed', 'bad'],
  ahead: ['Ahead of this build', 'bad'],
  unseen: ['Not looked at yet', 'plain'],
  unreachable: ['Out of reach', 'bad'],
}

/** How a target stands against this build's migrations. */
export function FleetStateText({ state }: { state: FleetState }) {
  const [word, tone] = words[state]
  return <State tone={tone}>{word}</State>
}
