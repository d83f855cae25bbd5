import { applyWithinDatabase, catchUp, catchUpOnce } from '#tenancy/moves/catch-up'
import { timings } from '#tenancy/base/timings'
import { readHome, transition } from '#tenancy/moves/tenant-home'
import { withDeadline, releaseFence, withFence } from '#tenancy/moves/fence'
import { updateMove } from '#tenancy/moves/move-store'
import { MoveAborted, type MoveRun } from '#tenancy/moves/move-run'
import { failpoint } from '#tenancy/moves/failpoints'
import { isFencedTooLong, errorMessage } from '#tenancy/moves/retryable'
import { checkVersions } from '#tenancy/moves/prepare-target'

/** Brings over the last keys while nobody writes, and turns the tenant to its new place. */
export async function switchOver(run: MoveRun): Promise<void> {
  await run.main.query(`select pg_notify('rowhouse_placements', $1)`, [
    `coming ${run.move.tenantId} ${run.move.id}`,
  ])
  await (run.sameDatabase ? switchWithinDatabase(run) : switchBetweenDatabases(run))
}

/**
 * Within the main database: one transaction. A crash at any instant of it means that nothing has
 * happened.
 */
async function switchWithinDatabase(run: MoveRun): Promise<void> {
  const target = await run.target()
  if ((await readHome(target, run))?.state !== 'copying') return // an earlier run has committed
  await checkVersions(run)
  const tables = await run.tables()
  await catchUp(run)
  const { result, pauseMs } = await withFence(run, target, async () => {
    const keys = await applyWithinDatabase(run, target, tables)
    await failpoint('drained')
    await target.query('select tenancy.switch_placement($1)', [run.move.id])
    await failpoint('in the switch')
    await target.query(`commit; ${releaseFence(run)}`)
    return { result: keys, released: true }
  })
  await finish(run, result, pauseMs)
}

/**
 * Between two databases there is no common transaction. The order makes every crash recoverable:
 * the source refuses for good before the target opens, and the target opens by a compare and set
 * that competes with giving up. Each turn is made at most once; a run that takes over from a dead
 * one finds how far it came in the two databases, never in a note of its own.
 */
async function switchBetweenDatabases(run: MoveRun): Promise<void> {
  const epoch = run.move.source.epoch + 1
  const source = await run
    .source()
    .catch((error: unknown) => switchWithoutSource(run, epoch, error))
  if (!source) return
  const tables = await run.tables()
  const state = (await readHome(source, run))?.state
  if (state === 'fenced' || state === 'gone') {
    await finishInterruptedSwitch(run, epoch)
    return setIdleTimeout(run, 0)
  }
  await checkVersions(run)
  await catchUp(run)
  const { result, pauseMs } = await withFence(run, source, async () => {
    const [keys] = await Promise.all([
      catchUpOnce(run, tables),
      setIdleTimeout(run, timings.switchIdle),
    ])
    await failpoint('drained')
    if (!(await transition(source, run, 'copying', 'fenced', epoch)))
      throw new Error(
        `tenant ${run.slug} is not being copied from ${run.move.source.schema} any more`,
      )
    await failpoint('source fenced')
    await openTarget(run, epoch, releaseFence(run))
    return { result: keys, released: true }
  })
  await setIdleTimeout(run, 0)
  await finish(run, result, pauseMs)
}

/**
 * Once the target has opened, nothing needs the source any more: it is shut, and may have died
 * since. Throws `error` where it has not.
 */
async function switchWithoutSource(
  run: MoveRun,
  epoch: number,
  error: unknown,
): Promise<undefined> {
  await setIdleTimeout(run, timings.switchIdle)
  const open = (await readHome(await run.target(), run))?.state === 'active'
  if (open) await recordSwitch(run, epoch)
  await setIdleTimeout(run, 0)
  if (!open) throw error
}

/**
 * What a dead worker began behind the fence; where the target does not open in time, the tenant goes
 * back.
 */
async function finishInterruptedSwitch(run: MoveRun, epoch: number): Promise<void> {
  await run.main.query(`set idle_session_timeout = ${timings.takeoverIdle}`)
  try {
    const target = await run.target()
    await withDeadline(
      target,
      setIdleTimeout(run, timings.switchIdle).then(() => openTarget(run, epoch)),
      timings.switchIdle,
    )
  } catch (error) {
    if (!(error instanceof MoveAborted) && (await isFencedTooLong(run)))
      throw new MoveAborted(
        `the target does not open (${errorMessage(error)}); the tenant goes back to its place`,
      )
    throw error
  }
}

/**
 * A worker that freezes between the two commits must not keep others from going on: the servers end
 * its sessions, and its locks with them.
 */
async function setIdleTimeout(run: MoveRun, ms: number): Promise<void> {
  const clients = [run.main, await run.target()]
  await Promise.all(clients.map((client) => client.query(`set idle_session_timeout = ${ms}`)))
}

/** From the fenced source on. What is done already is not done again. */
async function openTarget(run: MoveRun, epoch: number, last = 'select'): Promise<void> {
  const [source, target] = [await run.source(), await run.target()]
  if (
    !(await transition(target, run, 'incoming', 'active', epoch)) &&
    (await readHome(target, run))?.state !== 'active'
  ) {
    throw new MoveAborted('the target was given up before it could open')
  }
  await failpoint('target opened')
  await recordSwitch(run, epoch)
  await failpoint('registry switched')
  await source.query(last)
  await transition(source, run, 'fenced', 'gone', epoch)
}

const recordSwitch = (run: MoveRun, epoch: number) =>
  run.main.query('select tenancy.record_switch($1, $2)', [run.move.id, epoch])

async function finish(run: MoveRun, keys: number, pauseMs: number): Promise<void> {
  await updateMove(run.tenancy, run.move.id, { pauseMs })
  await run.event('final_pass', 'applied while writes waited', { rows: keys, tookMs: pauseMs })
}
