export {
  type Move,
  type MoveEvent,
  latestMove,
  readEvents,
  readMove,
} from '#tenancy/moves/move-store'
export {
  type MoveRow,
  type MoveView,
  type ViewedEvent,
  listMoves,
  readMoveView,
  usualPause,
} from '#tenancy/moves/move-view'
export { listenForPlacements } from '#tenancy/moves/placement-listener'
export { type MoveRequest } from '#tenancy/moves/move-target'
export {
  requestForceFinish,
  requestAbort,
  requestConfirm,
  requestResume,
} from '#tenancy/moves/move-actions'
export { planMove, requestMove, requestRollback } from '#tenancy/moves/requests'
