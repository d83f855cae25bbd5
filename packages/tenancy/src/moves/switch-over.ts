import { timings } from '#tenancy/base/timings'
import { applyWithinDatabase, catchUp, catchUpOnce } from '#tenancy/moves/catch-up'
import { MoveAborted } from '#tenancy/moves/errors'
import { failpoint } from '#tenancy/moves/failpoints'
import { releaseFence, withDeadline, withFence } from '#tenancy/moves/fence'
import type { MoveRun } from '#tenancy/moves/move-run'
import { updateMove } from '#tenancy/moves/move-store'
import { checkVersions } from '#tenancy/moves/prepare-target'
import { errorMessage, isFencedTooLong } from '#tenancy/moves/retryable'
import { readHome, transition } from '#tenancy/moves/tenant-home'

/**
 * Applies the last changes while no transaction can write, then switches the tenant to its target.
 */
export async function switchOver(run: MoveRun): Promise<void> {
  await run.main.query(`select pg_notify('rowhouse_placements', $1)`, [
    `warm-up ${run.move.tenantId} ${run.move.id}`,
  ])
  await (run.sameDatabase ? switchWithinDatabase(run) : switchBetweenDatabases(run))
}

/** Switches in one transaction of the main database, so a crash at any point changes nothing. */
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
  await recordPause(run, result, pauseMs)
}

/**
 * Switches between two databases. They share no transaction, so the order makes every crash
 * recoverable: the source refuses transactions for good before the target opens, and the target
 * opens by a compare-and-set that competes with an abort. Each transition happens at most once. A
 * run that takes over from a crashed one reads its progress from the two databases.
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
    if (!(await transition(source, run, { from: 'copying', to: 'fenced', epoch })))
      throw new Error(
        `tenant ${run.slug} is no longer being copied from schema ${run.move.source.schema}; the move aborts, and can be requested again`,
      )
    await failpoint('source fenced')
    await openTarget(run, epoch, releaseFence(run))
    return { result: keys, released: true }
  })
  await setIdleTimeout(run, 0)
  await recordPause(run, result, pauseMs)
}

/**
 * Completes the switch when the source cannot be reached. Once the target has opened, the source is
 * not needed.
 * @throws `error` if the target has not opened.
 */
async function switchWithoutSource(
  run: MoveRun,
  epoch: number,
  error: unknown,
): Promise<undefined> {
  await setIdleTimeout(run, timings.switchIdle)
  const isOpen = (await readHome(await run.target(), run))?.state === 'active'
  if (isOpen) await recordSwitch(run, epoch)
  await setIdleTimeout(run, 0)
  if (!isOpen) throw error
}

/** Completes a switch that crashed after the fence, or aborts it if the target does not open. */
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
    if (!MoveAborted.is(error) && (await isFencedTooLong(run)))
      throw new MoveAborted(
        `the target does not open (${errorMessage(error)}); the tenant is reopened in the source`,
      )
    throw error
  }
}

/**
 * Lets the servers end this worker's idle sessions, and so release its locks, if it freezes between
 * the two commits. It must not block its successor.
 */
async function setIdleTimeout(run: MoveRun, ms: number): Promise<void> {
  const clients = [run.main, await run.target()]
  await Promise.all(clients.map((client) => client.query(`set idle_session_timeout = ${ms}`)))
}

/**
 * Opens the target once the source is fenced. Can be repeated.
 * @param sourceQuery - Sent to the source after the registry has switched.
 */
async function openTarget(run: MoveRun, epoch: number, sourceQuery = 'select'): Promise<void> {
  const [source, target] = [await run.source(), await run.target()]
  if (
    !(await transition(target, run, { from: 'incoming', to: 'active', epoch })) &&
    (await readHome(target, run))?.state !== 'active'
  )
    throw new MoveAborted('the move was aborted before the target could open')
  await failpoint('target opened')
  await recordSwitch(run, epoch)
  await failpoint('registry switched')
  await source.query(sourceQuery)
  await transition(source, run, { from: 'fenced', to: 'gone', epoch })
}

const recordSwitch = (run: MoveRun, epoch: number) =>
  run.main.query('select tenancy.record_switch($1, $2)', [run.move.id, epoch])

async function recordPause(run: MoveRun, keys: number, pauseMs: number): Promise<void> {
  await updateMove(run.tenancy, run.move.id, { pauseMs })
  await run.event('final_pass', 'applied while writes waited', { rows: keys, tookMs: pauseMs })
}
