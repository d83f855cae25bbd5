import { StateLabel, type Tone } from '#components/console/labels'
import { factsOf } from '@rowhouse/tenancy/move-states'
import type { MoveView } from '@rowhouse/tenancy/moves'

const tones: Record<ReturnType<typeof factsOf>['waitsFor'], Tone> = {
  worker: 'busy',
  rollback: 'busy',
  operator: 'warn',
  nobody: 'plain',
}

/** A move that an operator aborted has an error too, but has not failed. */
export function MoveStateLabel({
  move: { state, error, abortBy },
}: {
  move: Pick<MoveView, 'state' | 'error' | 'abortBy'>
}) {
  if (state === 'aborted' && error !== null && abortBy === null)
    return <StateLabel tone="bad">Failed</StateLabel>
  const { label, waitsFor } = factsOf(state)
  return <StateLabel tone={state === 'cleaned' ? 'good' : tones[waitsFor]}>{label}</StateLabel>
}
