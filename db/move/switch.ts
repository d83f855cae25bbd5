import { applyHere, catchUp, catchUpOnce } from '#db/move/catch-up'
import { residentIn, turn } from '#db/move/capture'
import { inTime, letGo, withFence } from '#db/move/fence'
import { change } from '#db/move/ledger'
import { GivenUp, type Mover } from '#db/move/mover'
import { moment } from '#db/move/moments'
import { hasWaited, said } from '#db/move/passing'
import { checkVersions } from '#db/move/provision'

const silenceMs = 5000
/** Longer than it takes to find out that the target does not answer. */
export const limboSilenceMs = 20_000

/** Brings over the last keys while nobody writes, and turns the tenant to its new place. */
export async function switchOver(mover: Mover): Promise<void> {
  await mover.main.query(`select pg_notify('rowhouse_placements', $1)`, [
    `coming ${mover.move.tenantId} ${mover.move.id}`,
  ])
  await (mover.here ? switchHere(mover) : switchAcross(mover))
}

/**
 * Within the main database: one transaction. A crash at any instant of it means that nothing has
 * happened.
 */
async function switchHere(mover: Mover): Promise<void> {
  const target = await mover.target()
  if ((await residentIn(target, mover))?.state !== 'copying') return // an earlier run has committed
  await checkVersions(mover)
  const tables = await mover.tables()
  await catchUp(mover)
  const { result, pauseMs } = await withFence(mover, target, async () => {
    const keys = await applyHere(mover, target, tables)
    await moment('drained')
    await target.query('select tenancy.switch_place($1)', [mover.move.id])
    await moment('in the switch')
    await target.query(`commit; ${letGo(mover)}`)
    return { result: keys, released: true }
  })
  await finish(mover, result, pauseMs)
}

/**
 * Between two databases there is no common transaction. The order makes every crash recoverable:
 * the source refuses for good before the target opens, and the target opens by a compare and set
 * that competes with giving up. Each turn is made at most once; a run that takes over from a dead
 * one finds how far it came in the two databases, never in a note of its own.
 */
async function switchAcross(mover: Mover): Promise<void> {
  const epoch = mover.move.source.epoch + 1
  const source = await mover.source().catch((error: unknown) => switchWithout(mover, epoch, error))
  if (!source) return
  const tables = await mover.tables()
  const state = (await residentIn(source, mover))?.state
  if (state === 'fenced' || state === 'gone') {
    await takeOver(mover, epoch)
    return endWhenSilent(mover, 0)
  }
  await checkVersions(mover)
  await catchUp(mover)
  const { result, pauseMs } = await withFence(mover, source, async () => {
    const [keys] = await Promise.all([catchUpOnce(mover, tables), endWhenSilent(mover, silenceMs)])
    await moment('drained')
    if (!(await turn(source, mover, 'copying', 'fenced', epoch)))
      throw new Error(
        `tenant ${mover.slug} is not being copied from ${mover.move.source.schema} any more`,
      )
    await moment('source fenced')
    await comeAcross(mover, epoch, letGo(mover))
    return { result: keys, released: true }
  })
  await endWhenSilent(mover, 0)
  await finish(mover, result, pauseMs)
}

/**
 * Once the target has opened, nothing needs the source any more: it is shut, and may have died
 * since. Throws `error` where it has not.
 */
async function switchWithout(mover: Mover, epoch: number, error: unknown): Promise<undefined> {
  await endWhenSilent(mover, silenceMs)
  const open = (await residentIn(await mover.target(), mover))?.state === 'active'
  if (open) await recordSwitch(mover, epoch)
  await endWhenSilent(mover, 0)
  if (!open) throw error
}

/**
 * What a dead mover began behind the fence; where the target does not open in time, the tenant goes
 * back.
 */
async function takeOver(mover: Mover, epoch: number): Promise<void> {
  await mover.main.query(`set idle_session_timeout = ${limboSilenceMs}`)
  try {
    const target = await mover.target()
    await inTime(
      target,
      endWhenSilent(mover, silenceMs).then(() => comeAcross(mover, epoch)),
      silenceMs,
    )
  } catch (error) {
    if (!(error instanceof GivenUp) && (await hasWaited(mover)))
      throw new GivenUp(
        `the target does not open (${said(error)}); the tenant goes back to its place`,
      )
    throw error
  }
}

/**
 * A mover that freezes between the two commits must not keep others from going on: the servers end
 * its sessions, and its locks with them.
 */
async function endWhenSilent(mover: Mover, ms: number): Promise<void> {
  const clients = [mover.main, await mover.target()]
  await Promise.all(clients.map((client) => client.query(`set idle_session_timeout = ${ms}`)))
}

/** From the fenced source on. What is done already is not done again. */
async function comeAcross(mover: Mover, epoch: number, last = 'select'): Promise<void> {
  const [source, target] = [await mover.source(), await mover.target()]
  if (
    !(await turn(target, mover, 'incoming', 'active', epoch)) &&
    (await residentIn(target, mover))?.state !== 'active'
  ) {
    throw new GivenUp('the target was given up before it could open')
  }
  await moment('target opened')
  await recordSwitch(mover, epoch)
  await moment('registry switched')
  await source.query(last)
  await turn(source, mover, 'fenced', 'gone', epoch)
}

const recordSwitch = (mover: Mover, epoch: number) =>
  mover.main.query('select tenancy.record_switch($1, $2)', [mover.move.id, epoch])

async function finish(mover: Mover, keys: number, pauseMs: number): Promise<void> {
  await change(mover.move.id, { pauseMs })
  await mover.event('last keys', 'came over behind the fence', { rows: keys, tookMs: pauseMs })
}
