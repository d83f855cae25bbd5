import { eq } from 'drizzle-orm'
import pg from 'pg'
import { empty } from '#db/move/clean'
import { handOver, residentIn, turn } from '#db/move/capture'
import { inTime } from '#db/move/fence'
import { advance } from '#db/move/ledger'
import { moment } from '#db/move/moments'
import { isShared, type Mover } from '#db/move/mover'
import { hasWaited, unlessAbandoned } from '#db/move/passing'
import { limboSilenceMs } from '#db/move/switch'
import { platform, readPlacements } from '#db/registry'
import { moves, placements } from '#db/schema/platform'

/**
 * Gives a move up. Returns false when that is too late: the target has opened, and the move goes
 * on. Where the source is fenced already, the target is closed by the compare and set that opening
 * it would need; only one of the two can succeed.
 */
export async function undo(mover: Mover): Promise<boolean> {
  const { move } = mover
  const epoch = move.source.epoch + 2
  let source: pg.Client
  try {
    source = await mover.source()
  } catch (error) {
    return undoWithout(mover, epoch, error)
  }
  if (!(await openAgain(mover, source, epoch))) return goOn(mover, epoch)
  await unlessAbandoned(mover, 'target', () => clearTarget(mover, epoch))
  // what was dropped took the connections along
  await handOver(await mover.source(), mover, move.id, move.rollsBack)
  return true
}

/**
 * The same where the source does not answer. An open target needs it no more; otherwise `error` is
 * thrown, until an operator abandons the move.
 */
async function undoWithout(mover: Mover, epoch: number, error: unknown): Promise<boolean> {
  if (mover.here) throw error
  await mover.main.query(`set idle_session_timeout = ${limboSilenceMs}`)
  const open = await unlessAbandoned(mover, 'target', () => isOpen(mover))
  if (open && !(await isBack(mover, epoch))) return goOn(mover, epoch)
  await mover.main.query('set idle_session_timeout = 0')
  await unlessAbandoned(mover, 'source', () => {
    throw error
  })
  // where the tenant had gone back, and its source is lost, a target that has opened is the only
  // copy
  if (open === false) await unlessAbandoned(mover, 'target', () => clearTarget(mover, epoch))
  return true
}

/** Whether the target has opened for this move. */
const isOpen = async (mover: Mover): Promise<boolean> =>
  (await ifItStands(
    async () => (await residentIn(await mover.target(), mover))?.state === 'active',
  )) ?? false

// no database or not let in any more, no table, no schema
const noPlace = new Set(['3D000', '42501', '42P01', '3F000'])

/**
 * Work in a place that may not be made yet, or be taken away already, wholly or in part: undefined
 * where it does not stand.
 */
async function ifItStands<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof pg.DatabaseError && noPlace.has(error.code ?? '')) return undefined
    throw error
  }
}

/**
 * Has the tenant live in its source as before, wherever the move had come to. False when the target
 * is open.
 */
async function openAgain(mover: Mover, source: pg.Client, epoch: number): Promise<boolean> {
  const state = (await residentIn(source, mover))?.state
  if (state === 'gone') return false
  if (
    state === 'copying' &&
    !(await turn(source, mover, 'copying', 'active', mover.move.source.epoch))
  )
    throw new Error(`tenant ${mover.slug} is not being copied any more`)
  if (state === 'fenced') {
    // a mover that freezes here must not keep others out
    await mover.main.query(`set idle_session_timeout = ${limboSilenceMs}`)
    if (!(await setBack(mover, epoch))) return false
    await turn(source, mover, 'fenced', 'active', epoch)
    await mover.main.query('set idle_session_timeout = 0')
  }
  return true
}

/**
 * Sets the registry back to the source, under an epoch that no switch of this move can reach. False
 * when the target is open.
 */
async function setBack(mover: Mover, epoch: number): Promise<boolean> {
  if (await isBack(mover, epoch)) return true // an earlier run came as far as this
  // nobody is led to a target before the registry says so, and for a move that is given up it never
  // will
  const closed = await closedInTime(mover, epoch).catch(async (error: unknown) => {
    if (await hasWaited(mover)) return true
    throw error
  })
  if (!closed) return false
  await moment('target closed')
  // the registry first: a source that is open under an epoch which the registry has not would let
  // nobody in
  await mover.main.query('select tenancy.record_return($1, $2)', [mover.move.id, epoch])
  await moment('registry set back')
  return true
}

async function isBack({ move }: Mover, epoch: number): Promise<boolean> {
  const [placement] = await readPlacements(eq(placements.tenantId, move.tenantId))
  return placement !== undefined && placement.epoch >= epoch
}

async function clearTarget(mover: Mover, epoch: number): Promise<void> {
  const { move } = mover
  const stays = isShared(move.target) || move.rollsBack !== null
  if (!mover.here && stays && (await ifItStands(() => closeTarget(mover, epoch))) === false)
    await turn(await mover.target(), mover, 'active', 'aborted', epoch) // opened, and then away
  if (move.rollsBack === null) {
    await mover.note('taking away what was made')
    await empty(mover, 'target')
  }
  // a way back that is given up leaves both places to the move that it was to undo
  if (stays)
    await ifItStands(async () => handOver(await mover.target(), mover, move.id, move.rollsBack))
}

/**
 * True when the target can never open for this move any more: it is closed, or not under this move.
 */
async function closeTarget(mover: Mover, epoch: number): Promise<boolean> {
  const target = await mover.target()
  if (await turn(target, mover, 'incoming', 'aborted', epoch)) return true
  const resident = await residentIn(target, mover)
  return !resident || resident.state === 'aborted'
}

const closedInTime = async (mover: Mover, epoch: number): Promise<boolean> =>
  inTime(await mover.target(), closeTarget(mover, epoch), 5000)

/**
 * Unless somebody took over from this mover and has set the registry back: for them the move is
 * given up.
 */
async function goOn(mover: Mover, epoch: number): Promise<false> {
  const { id, tenantId } = mover.move
  await platform().transaction(async (tx) => {
    // record_return takes the same lock
    await tx.select({ id: moves.id }).from(moves).where(eq(moves.id, id)).for('update')
    const [placement] = await tx
      .select({ epoch: placements.epoch })
      .from(placements)
      .where(eq(placements.tenantId, tenantId))
    if (placement && placement.epoch >= epoch)
      throw new Error(`tenant ${mover.slug} is back in its source already`)
    await advance(id, 'aborting', 'verified', { abortBy: null, abandonBy: null, error: null }, tx)
  })
  await mover.event('too late', 'the target is open already; the move goes on')
  return false
}
