import { State, type Tone } from '#components/console/marks'
import type { MoveState } from '#db/schema/platform'

const words: Record<MoveState, [string, Tone]> = {
  requested: ['Asked for', 'busy'], provisioned: ['Preparing', 'busy'], capturing: ['Copying', 'busy'], copied: ['Copied', 'busy'], indexed: ['Catching up', 'busy'],
  caught_up: ['Verifying', 'busy'], verified: ['Switching', 'busy'], switched: ['To be confirmed', 'warn'], confirmed: ['Clearing up', 'busy'], cleaned: ['Done', 'good'],
  aborting: ['Being given up', 'busy'], aborted: ['Given up', 'plain'], rolling_back: ['Going back', 'busy'], rolled_back: ['Rolled back', 'plain'],
}

export function MoveStateText({ state, failed = false }: { state: MoveState; failed?: boolean }) {
  const [word, tone] = words[state]
  return <State tone={failed && state === 'aborted' ? 'bad' : tone}>{failed && state === 'aborted' ? 'Failed' : word}</State>
}
