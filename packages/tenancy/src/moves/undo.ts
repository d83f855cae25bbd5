import { eq } from 'drizzle-orm'
import pg from 'pg'
import { empty } from '#tenancy/moves/clean-up'
import { reassignMove, readHome, transition } from '#tenancy/moves/tenant-home'
import { withDeadline } from '#tenancy/moves/fence'
import { advance } from '#tenancy/moves/move-store'
import { failpoint } from '#tenancy/moves/failpoints'
import { isShared, type MoveRun } from '#tenancy/moves/move-run'
import { isFencedTooLong, skipIfServerLost } from '#tenancy/moves/retryable'
import { timings } from '#tenancy/base/timings'
import { platform, readPlacements } from '#tenancy/registry/placements'
import { moves, placements } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

/**
 * Gives a move up. Returns false when that is too late: the target has opened, and the move goes
 * on. Where the source is fenced already, the target is closed by the compare and set that opening
 * it would need; only one of the two can succeed.
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
  // what was dropped took the connections along
  await reassignMove(await run.source(), run, move.id, move.rollsBack)
  return true
}

/**
 * The same where the source does not answer. An open target needs it no more; otherwise `error` is
 * thrown, until an operator abandons the move.
 */
async function undoWithoutSource(run: MoveRun, epoch: number, error: unknown): Promise<boolean> {
  if (run.sameDatabase) throw error
  await run.main.query(`set idle_session_timeout = ${timings.takeoverIdle}`)
  const open = await skipIfServerLost(run, 'target', () => isOpen(run))
  if (open && !(await isSwitchedBack(run.tenancy, run, epoch))) return continueSwitch(run, epoch)
  await run.main.query('set idle_session_timeout = 0')
  await skipIfServerLost(run, 'source', () => {
    throw error
  })
  // where the tenant had gone back, and its source is lost, a target that has opened is the only
  // copy
  if (open === false) await skipIfServerLost(run, 'target', () => clearTarget(run, epoch))
  return true
}

/** Whether the target has opened for this move. */
const isOpen = async (run: MoveRun): Promise<boolean> =>
  (await ifExists(async () => (await readHome(await run.target(), run))?.state === 'active')) ??
  false

// no database or not let in any more, no table, no schema
const missingObjectStates = new Set(['3D000', '42501', '42P01', '3F000'])

/**
 * Work in a place that may not be made yet, or be taken away already, wholly or in part: undefined
 * where it does not stand.
 */
async function ifExists<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof pg.DatabaseError && missingObjectStates.has(error.code ?? ''))
      return undefined
    throw error
  }
}

/**
 * Has the tenant live in its source as before, wherever the move had come to. False when the target
 * is open.
 */
async function reopenSource(run: MoveRun, source: pg.Client, epoch: number): Promise<boolean> {
  const state = (await readHome(source, run))?.state
  if (state === 'gone') return false
  if (
    state === 'copying' &&
    !(await transition(source, run, 'copying', 'active', run.move.source.epoch))
  )
    throw new Error(`tenant ${run.slug} is not being copied any more`)
  if (state === 'fenced') {
    // a worker that freezes here must not keep others out
    await run.main.query(`set idle_session_timeout = ${timings.takeoverIdle}`)
    if (!(await switchRegistryBack(run, epoch))) return false
    await transition(source, run, 'fenced', 'active', epoch)
    await run.main.query('set idle_session_timeout = 0')
  }
  return true
}

/**
 * Sets the registry back to the source, under an epoch that no switch of this move can reach. False
 * when the target is open.
 */
async function switchRegistryBack(run: MoveRun, epoch: number): Promise<boolean> {
  if (await isSwitchedBack(run.tenancy, run, epoch)) return true // an earlier run came as far as this
  // nobody is led to a target before the registry says so, and for a move that is given up it never
  // will
  const closed = await closedInTime(run, epoch).catch(async (error: unknown) => {
    if (await isFencedTooLong(run)) return true
    throw error
  })
  if (!closed) return false
  await failpoint('target closed')
  // the registry first: a source that is open under an epoch which the registry has not would let
  // nobody in
  await run.main.query('select tenancy.record_switch_back($1, $2)', [run.move.id, epoch])
  await failpoint('registry switched back')
  return true
}

async function isSwitchedBack(
  tenancy: Tenancy,
  { move }: MoveRun,
  epoch: number,
): Promise<boolean> {
  const [placement] = await readPlacements(tenancy, eq(placements.tenantId, move.tenantId))
  return placement !== undefined && placement.epoch >= epoch
}

async function clearTarget(run: MoveRun, epoch: number): Promise<void> {
  const { move } = run
  const stays = isShared(move.target) || move.rollsBack !== null
  if (!run.sameDatabase && stays && (await ifExists(() => closeTarget(run, epoch))) === false)
    await transition(await run.target(), run, 'active', 'aborted', epoch) // opened, and then away
  if (move.rollsBack === null) {
    await run.setStatus('taking away what was made')
    await empty(run, 'target')
  }
  // a way back that is given up leaves both places to the move that it was to undo
  if (stays)
    await ifExists(async () => reassignMove(await run.target(), run, move.id, move.rollsBack))
}

/**
 * True when the target can never open for this move any more: it is closed, or not under this move.
 */
async function closeTarget(run: MoveRun, epoch: number): Promise<boolean> {
  const target = await run.target()
  if (await transition(target, run, 'incoming', 'aborted', epoch)) return true
  const home = await readHome(target, run)
  return !home || home.state === 'aborted'
}

const closedInTime = async (run: MoveRun, epoch: number): Promise<boolean> =>
  withDeadline(await run.target(), closeTarget(run, epoch), timings.switchIdle)

/**
 * Unless somebody took over from this worker and has set the registry back: for them the move is
 * given up.
 */
async function continueSwitch(run: MoveRun, epoch: number): Promise<false> {
  const { id, tenantId } = run.move
  await platform(run.tenancy).transaction(async (tx) => {
    // record_return takes the same lock
    await tx.select({ id: moves.id }).from(moves).where(eq(moves.id, id)).for('update')
    const [placement] = await tx
      .select({ epoch: placements.epoch })
      .from(placements)
      .where(eq(placements.tenantId, tenantId))
    if (placement && placement.epoch >= epoch)
      throw new Error(`tenant ${run.slug} is back in its source already`)
    await advance(
      run.tenancy,
      id,
      'aborting',
      'verified',
      { abortBy: null, forceFinishBy: null, error: null },
      tx,
    )
  })
  await run.event('abort_too_late', 'the target is already open, so the move continues')
  return false
}
