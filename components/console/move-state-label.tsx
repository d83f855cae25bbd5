import { StateLabel, type Tone } from '#components/console/labels'
import type { MoveView } from '@rowhouse/tenancy/moves'
import type { MoveState } from '@rowhouse/tenancy/schema'

const words: Record<MoveState, [string, Tone]> = {
  requested: ['Asked for', 'busy'],
  provisioned: ['Preparing', 'busy'],
  capturing: ['Copying', 'busy'],
  copied: ['Copied', 'busy'],
  indexed: ['Catching up', 'busy'],
  caught_up: ['Verifying', 'busy'],
  verified: ['Switching', 'busy'],
  switched: ['To be confirmed', 'warn'],
  confirmed: ['Clearing up', 'busy'],
  cleaned: ['Done', 'good'],
  aborting: ['Being given up', 'busy'],
  aborted: ['Given up', 'plain'],
  rolling_back: ['Going back', 'busy'],
  rolled_back: ['Rolled back', 'plain'],
}

/** A move that somebody has given up has an error too, but has not failed. */
export function MoveStateLabel({
  move: { state, error, abortBy },
}: {
  move: Pick<MoveView, 'state' | 'error' | 'abortBy'>
}) {
  const failed = state === 'aborted' && error !== null && abortBy === null
  const [word, tone]: [string, Tone] = failed ? ['Failed', 'bad'] : words[state]
  return <StateLabel tone={tone}>{word}</StateLabel>
}
