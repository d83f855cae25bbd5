import { applyHere, catchUp, catchUpOnce } from '#tenancy/moves/catch-up'
import { homeIn, transition } from '#tenancy/moves/tenant-home'
import { inTime, releaseFence, withFence } from '#tenancy/moves/fence'
import { change } from '#tenancy/moves/move-store'
import { GivenUp, type MoveRun } from '#tenancy/moves/move-run'
import { failpoint } from '#tenancy/moves/failpoints'
import { hasWaited, said } from '#tenancy/moves/retryable'
import { checkVersions } from '#tenancy/moves/prepare-target'

const silenceMs = 5000
/** Longer than it takes to find out that the target does not answer. */
export const limboSilenceMs = 20_000

/** Brings over the last keys while nobody writes, and turns the tenant to its new place. */
export async function switchOver(run: MoveRun): Promise<void> {
  await run.main.query(`select pg_notify('rowhouse_placements', $1)`, [
    `coming ${run.move.tenantId} ${run.move.id}`,
  ])
  await (run.here ? switchHere(run) : switchAcross(run))
}

/**
 * Within the main database: one transaction. A crash at any instant of it means that nothing has
 * happened.
 */
async function switchHere(run: MoveRun): Promise<void> {
  const target = await run.target()
  if ((await homeIn(target, run))?.state !== 'copying') return // an earlier run has committed
  await checkVersions(run)
  const tables = await run.tables()
  await catchUp(run)
  const { result, pauseMs } = await withFence(run, target, async () => {
    const keys = await applyHere(run, target, tables)
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
async function switchAcross(run: MoveRun): Promise<void> {
  const epoch = run.move.source.epoch + 1
  const source = await run.source().catch((error: unknown) => switchWithout(run, epoch, error))
  if (!source) return
  const tables = await run.tables()
  const state = (await homeIn(source, run))?.state
  if (state === 'fenced' || state === 'gone') {
    await takeOver(run, epoch)
    return endWhenSilent(run, 0)
  }
  await checkVersions(run)
  await catchUp(run)
  const { result, pauseMs } = await withFence(run, source, async () => {
    const [keys] = await Promise.all([catchUpOnce(run, tables), endWhenSilent(run, silenceMs)])
    await failpoint('drained')
    if (!(await transition(source, run, 'copying', 'fenced', epoch)))
      throw new Error(
        `tenant ${run.slug} is not being copied from ${run.move.source.schema} any more`,
      )
    await failpoint('source fenced')
    await comeAcross(run, epoch, releaseFence(run))
    return { result: keys, released: true }
  })
  await endWhenSilent(run, 0)
  await finish(run, result, pauseMs)
}

/**
 * Once the target has opened, nothing needs the source any more: it is shut, and may have died
 * since. Throws `error` where it has not.
 */
async function switchWithout(run: MoveRun, epoch: number, error: unknown): Promise<undefined> {
  await endWhenSilent(run, silenceMs)
  const open = (await homeIn(await run.target(), run))?.state === 'active'
  if (open) await recordSwitch(run, epoch)
  await endWhenSilent(run, 0)
  if (!open) throw error
}

/**
 * What a dead worker began behind the fence; where the target does not open in time, the tenant goes
 * back.
 */
async function takeOver(run: MoveRun, epoch: number): Promise<void> {
  await run.main.query(`set idle_session_timeout = ${limboSilenceMs}`)
  try {
    const target = await run.target()
    await inTime(
      target,
      endWhenSilent(run, silenceMs).then(() => comeAcross(run, epoch)),
      silenceMs,
    )
  } catch (error) {
    if (!(error instanceof GivenUp) && (await hasWaited(run)))
      throw new GivenUp(
        `the target does not open (${said(error)}); the tenant goes back to its place`,
      )
    throw error
  }
}

/**
 * A worker that freezes between the two commits must not keep others from going on: the servers end
 * its sessions, and its locks with them.
 */
async function endWhenSilent(run: MoveRun, ms: number): Promise<void> {
  const clients = [run.main, await run.target()]
  await Promise.all(clients.map((client) => client.query(`set idle_session_timeout = ${ms}`)))
}

/** From the fenced source on. What is done already is not done again. */
async function comeAcross(run: MoveRun, epoch: number, last = 'select'): Promise<void> {
  const [source, target] = [await run.source(), await run.target()]
  if (
    !(await transition(target, run, 'incoming', 'active', epoch)) &&
    (await homeIn(target, run))?.state !== 'active'
  ) {
    throw new GivenUp('the target was given up before it could open')
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
  await change(run.tenancy, run.move.id, { pauseMs })
  await run.event('last keys', 'came over behind the fence', { rows: keys, tookMs: pauseMs })
}
