import { eq } from 'drizzle-orm'
import type pg from 'pg'
import { isDatabaseError } from '#tenancy/base/transient-errors'
import { removeCopy } from '#tenancy/moves/clean-up'
import { reassignMove, readHome, transition } from '#tenancy/moves/tenant-home'
import { withDeadline } from '#tenancy/moves/fence'
import { advance } from '#tenancy/moves/move-store'
import { failpoint } from '#tenancy/moves/failpoints'
import { isShared, type MoveRun } from '#tenancy/moves/move-run'
import { isFencedTooLong, skipIfServerLost } from '#tenancy/moves/retryable'
import { timings } from '#tenancy/base/timings'
import { platform, readPlacements } from '#tenancy/registry/placements'
import { moves, placements } from '#tenancy/base/schema'

/**
 * Undoes an aborting move: reopens the source and removes what was created at the target. If the
 * source is already fenced, first closes the target by a compare-and-set that competes with the one
 * that opens it, so that only one of them can succeed.
 * @returns False if the target has opened. It is then too late, and the move continues.
 */
export async function undo(run: MoveRun): Promise<boolean> {
  const { move } = run
  const epoch = move.source.epoch + 2
  let source: pg.Client
  try {
    source = await run.source()
  } catch (error) {
    return undoWithoutSource(run, epoch, error)
  }
  if (!(await reopenSource(run, source, epoch))) return continueSwitch(run, epoch)
  await skipIfServerLost(run, 'target', () => clearTarget(run, epoch))
  // dropping the target has closed the connections
  await reassignMove(await run.source(), run, move.id, move.rollsBack)
  return true
}

/**
 * Undoes the move when the source is unreachable. If the target is open, the source is not needed.
 * @throws `error` otherwise, until an operator force-finishes the move.
 */
async function undoWithoutSource(run: MoveRun, epoch: number, error: unknown): Promise<boolean> {
  if (run.sameDatabase) throw error
  await run.main.query(`set idle_session_timeout = ${timings.takeoverIdle}`)
  const isOpen = await skipIfServerLost(run, 'target', () => isTargetOpen(run))
  if (isOpen && !(await isSwitchedBack(run, epoch))) return continueSwitch(run, epoch)
  await run.main.query('set idle_session_timeout = 0')
  await skipIfServerLost(run, 'source', () => {
    throw error
  })
  // a target that has opened is the only copy once the source is lost, so it is not cleared
  if (isOpen === false) await skipIfServerLost(run, 'target', () => clearTarget(run, epoch))
  return true
}

const isTargetOpen = async (run: MoveRun): Promise<boolean> =>
  (await ifExists(async () => (await readHome(await run.target(), run))?.state === 'active')) ??
  false

// no such database, no permission to connect, no such table, no such schema
const missingObjectStates = new Set(['3D000', '42501', '42P01', '3F000'])

/** Runs work at a target that may not exist. Returns undefined if it does not. */
async function ifExists<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isDatabaseError(error) && missingObjectStates.has(error.code)) return undefined
    throw error
  }
}

/** Makes the tenant active in its source again. Returns false if the target is open. */
async function reopenSource(run: MoveRun, source: pg.Client, epoch: number): Promise<boolean> {
  const state = (await readHome(source, run))?.state
  if (state === 'gone') return false
  if (state === 'copying') {
    const reopened = { from: 'copying', to: 'active', epoch: run.move.source.epoch } as const
    if (!(await transition(source, run, reopened)))
      throw new Error(
        `tenant ${run.slug} is no longer being copied from schema ${run.move.source.schema}; the abort is retried`,
      )
  }
  if (state === 'fenced') {
    // if this worker freezes, the server ends its session and another one takes over
    await run.main.query(`set idle_session_timeout = ${timings.takeoverIdle}`)
    if (!(await switchRegistryBack(run, epoch))) return false
    await transition(source, run, { from: 'fenced', to: 'active', epoch })
    await run.main.query('set idle_session_timeout = 0')
  }
  return true
}

/**
 * Switches the registry back to the source, under an epoch that no switch of this move can reach.
 * Returns false if the target is open.
 */
async function switchRegistryBack(run: MoveRun, epoch: number): Promise<boolean> {
  if (await isSwitchedBack(run, epoch)) return true // by an earlier run
  // an unreachable target counts as closed after a while: the registry sends no request there, and
  // never will for an aborted move
  const isClosed = await closeTargetInTime(run, epoch).catch(async (error: unknown) => {
    if (await isFencedTooLong(run)) return true
    throw error
  })
  if (!isClosed) return false
  await failpoint('target closed')
  // before the source opens, which under an epoch unknown to the registry would refuse everyone
  await run.main.query('select tenancy.record_switch_back($1, $2)', [run.move.id, epoch])
  await failpoint('registry switched back')
  return true
}

async function isSwitchedBack({ tenancy, move }: MoveRun, epoch: number): Promise<boolean> {
  const [placement] = await readPlacements(tenancy, eq(placements.tenantId, move.tenantId))
  return placement !== undefined && placement.epoch >= epoch
}

async function clearTarget(run: MoveRun, epoch: number): Promise<void> {
  const { move } = run
  const isKept = isShared(move.target) || move.rollsBack !== null
  if (!run.sameDatabase && isKept && (await ifExists(() => closeTarget(run, epoch))) === false)
    // it had opened before it became unreachable
    await transition(await run.target(), run, { from: 'active', to: 'aborted', epoch })
  if (move.rollsBack === null) {
    await run.setStatus('removing what was created at the target')
    await removeCopy(run, 'target')
  }
  // after an aborted rollback, both ends belong to the move that it should have undone
  if (isKept)
    await ifExists(async () => reassignMove(await run.target(), run, move.id, move.rollsBack))
}

/** Closes the target for this move. Returns false if it is open. */
async function closeTarget(run: MoveRun, epoch: number): Promise<boolean> {
  const target = await run.target()
  if (await transition(target, run, { from: 'incoming', to: 'aborted', epoch })) return true
  const home = await readHome(target, run)
  return !home || home.state === 'aborted'
}

const closeTargetInTime = async (run: MoveRun, epoch: number): Promise<boolean> =>
  withDeadline(await run.target(), closeTarget(run, epoch), timings.switchIdle)

/** Returns the move to `verified`, unless another worker has switched the registry back. */
async function continueSwitch(run: MoveRun, epoch: number): Promise<false> {
  const { id, tenantId } = run.move
  await platform(run.tenancy).transaction(async (tx) => {
    // record_switch_back takes the same lock
    await tx.select({ id: moves.id }).from(moves).where(eq(moves.id, id)).for('update')
    const [placement] = await tx
      .select({ epoch: placements.epoch })
      .from(placements)
      .where(eq(placements.tenantId, tenantId))
    if (placement && placement.epoch >= epoch)
      throw new Error(
        `the registry has tenant ${run.slug} back in its source under epoch ${placement.epoch}; the abort is retried`,
      )
    await advance(
      tx,
      id,
      { from: 'aborting', to: 'verified' },
      { abortBy: null, forceFinishBy: null, error: null },
    )
  })
  await run.event('abort_too_late', 'the target is already open, so the move continues')
  return false
}
