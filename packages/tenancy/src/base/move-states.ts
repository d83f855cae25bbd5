/** The properties of a state. Every list of states is derived from `moveStates`. */
type StateFacts = {
  /** Before the switch, the tenant lives in the source. */
  phase: 'before switch' | 'after switch' | 'aborting' | 'ended'
  /** Who acts next. A move that waits for the worker or an operator is live. */
  waitsFor: 'worker' | 'operator' | 'rollback' | 'nobody'
  /** True when every row of the source is in the target. */
  copied: boolean
  /** True when the tenant may be writable at neither end, so that the move must not wait. */
  urgent: boolean
  label: string
  description: string
  /** How the console lists it among the steps of a move that succeeds. */
  step?: { label: string; description: string }
}

/** The states of a move. Those of a successful move come first, in order. */
export const moveStates = {
  requested: {
    phase: 'before switch',
    waitsFor: 'worker',
    copied: false,
    urgent: false,
    label: 'Requested',
    description: 'recorded; nothing has been created yet',
    step: { label: 'Requested', description: 'Recorded with who asked and why.' },
  },
  provisioned: {
    phase: 'before switch',
    waitsFor: 'worker',
    copied: false,
    urgent: false,
    label: 'Preparing',
    description: 'the target exists, empty and at the same migrations as the source',
    step: {
      label: 'Target created',
      description: 'Schema, login and empty tables at the target.',
    },
  },
  capturing: {
    phase: 'before switch',
    waitsFor: 'worker',
    copied: false,
    urgent: false,
    label: 'Copying',
    description: 'every change the tenant makes is logged',
    step: { label: 'Changes logged', description: 'Every key that changes from now on is kept.' },
  },
  copied: {
    phase: 'before switch',
    waitsFor: 'worker',
    copied: true,
    urgent: false,
    label: 'Copied',
    description: 'every existing row is in the target',
    step: { label: 'Rows copied', description: 'In chunks, in the order of their keys.' },
  },
  indexed: {
    phase: 'before switch',
    waitsFor: 'worker',
    copied: true,
    urgent: false,
    label: 'Catching up',
    description: 'the target has the indexes of the source',
    step: { label: 'Indexes built', description: 'Indexes, foreign keys, statistics.' },
  },
  caught_up: {
    phase: 'before switch',
    waitsFor: 'worker',
    copied: true,
    urgent: false,
    label: 'Verifying',
    description: 'the change log is nearly empty',
    step: { label: 'Caught up', description: 'Changes made during the copy are applied.' },
  },
  verified: {
    phase: 'before switch',
    waitsFor: 'worker',
    copied: true,
    urgent: true,
    label: 'Switching',
    description: 'both sides were identical in one snapshot, row by row',
    step: { label: 'Compared', description: 'Both sides are identical, row by row.' },
  },
  switched: {
    phase: 'after switch',
    waitsFor: 'operator',
    copied: true,
    urgent: false,
    label: 'To be confirmed',
    description: 'the tenant lives in the target; the source is kept, closed, for a rollback',
    step: { label: 'Switched', description: 'The tenant lives in its new location.' },
  },
  confirmed: {
    phase: 'after switch',
    waitsFor: 'worker',
    copied: true,
    urgent: false,
    label: 'Cleaning up',
    description: 'the move can no longer be rolled back; the old copy is being removed',
    step: { label: 'Confirmed', description: 'The move can no longer be rolled back.' },
  },
  cleaned: {
    phase: 'ended',
    waitsFor: 'nobody',
    copied: true,
    urgent: false,
    label: 'Done',
    description: 'the old copy is removed',
    step: { label: 'Cleaned up', description: 'The old copy is removed.' },
  },
  aborting: {
    phase: 'aborting',
    waitsFor: 'worker',
    copied: false,
    urgent: true,
    label: 'Aborting',
    description: 'aborted before the switch; what it created is being removed',
  },
  aborted: {
    phase: 'ended',
    waitsFor: 'nobody',
    copied: false,
    urgent: false,
    label: 'Aborted',
    description: 'aborted; the tenant never left the source',
  },
  rolling_back: {
    phase: 'after switch',
    waitsFor: 'rollback',
    copied: true,
    urgent: false,
    label: 'Rolling back',
    description: 'switched, and another move is taking the tenant back',
  },
  rolled_back: {
    phase: 'ended',
    waitsFor: 'nobody',
    copied: true,
    urgent: false,
    label: 'Rolled back',
    description: 'the tenant is back where it came from',
  },
} as const satisfies Record<string, StateFacts>

/** The name of a state. */
export type MoveState = keyof typeof moveStates

/** The states whose facts match `Facts`, as a type: a new state makes an incomplete record fail to compile. */
export type MoveStateWith<Facts extends Partial<StateFacts>> = {
  [S in MoveState]: (typeof moveStates)[S] extends Facts ? S : never
}[MoveState]

/** All states, those of a successful move first. */
export const moveStateNames = Object.keys(moveStates) as [MoveState, ...MoveState[]]

/**
 * Returns the properties of a state.
 * @param state - The state, as in `tenancy.moves.state`.
 * @returns Its properties.
 */
export const factsOf = (state: MoveState): StateFacts => moveStates[state]

const statesWhere = (test: (facts: StateFacts) => boolean): MoveState[] =>
  moveStateNames.filter((state) => test(moveStates[state]))

/** The states in which neither the worker nor an operator has to act. */
export const endedMoveStates = statesWhere(
  ({ waitsFor }) => waitsFor !== 'worker' && waitsFor !== 'operator',
)

/** The states in which the worker acts next. */
export const workerMoveStates = statesWhere(({ waitsFor }) => waitsFor === 'worker')

/** The states that are retried at once; see `urgent`. */
export const urgentMoveStates = statesWhere(({ urgent }) => urgent)

/** The states of a successful move in order, with the texts of the console. */
export const moveSteps = moveStateNames.flatMap((state) => {
  const { step } = factsOf(state)
  return step ? [{ state, ...step }] : []
})

/**
 * Tells whether a move is live.
 * @param state - The state of a move.
 * @returns True while the worker or an operator has to act.
 */
export const isLive = (state: MoveState): boolean => !endedMoveStates.includes(state)

/**
 * Tells whether a move has not switched yet.
 * @param state - The state of a move.
 * @returns True while the tenant lives in the source and the move can be aborted.
 */
export const isBeforeSwitch = (state: MoveState): boolean =>
  moveStates[state].phase === 'before switch'
