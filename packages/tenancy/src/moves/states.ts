import { type MoveState } from '#tenancy/base/schema'

/** What each state of a move means: the last thing that is done for good. */
export const stateMeaning: Record<MoveState, string> = {
  requested: 'asked for and written down; nothing is made yet',
  provisioned: 'the target stands, empty and at the version of the source',
  capturing: 'every change of the tenant is logged from here on',
  copied: 'every row that was there is in the target',
  indexed: 'the target has the indexes of the source',
  caught_up: 'the log is nearly empty',
  verified: 'both sides were the same at one instant, row by row',
  switched: 'the tenant lives in the target; the source is kept, closed, for the way back',
  confirmed: 'the way back is given up',
  cleaned: 'nothing is left of the source',
  aborting: 'given up before the switch; what was made is being taken away',
  aborted: 'given up; the tenant never left its place',
  rolling_back: 'switched, and another move is bringing the tenant back',
  rolled_back: 'the tenant is back where it came from',
}

/** Nobody has anything to do on a move in one of these. */
export const over: MoveState[] = ['cleaned', 'aborted', 'rolling_back', 'rolled_back']

/** True while the worker still has to do something, or a person to decide. */
export const isLive = (state: MoveState): boolean => !over.includes(state)

/** True before the switch: the tenant still lives in the source. */
export const isBefore = (state: MoveState): boolean =>
  ['requested', 'provisioned', 'capturing', 'copied', 'indexed', 'caught_up', 'verified'].includes(
    state,
  )
