import { capture } from '#db/move/capture'
import { catchUp } from '#db/move/catch-up'
import { clean } from '#db/move/clean'
import { copy } from '#db/move/copy'
import { openEnd } from '#db/move/ends'
import { index } from '#db/move/indexes'
import {
  addEvent,
  advance,
  change,
  endGivenUp,
  readEvents,
  readMove,
  slugOf,
} from '#db/move/ledger'
import { moment, type Moment } from '#db/move/moments'
import { GivenUp, HandedOver, Mover } from '#db/move/mover'
import { passes, said } from '#db/move/passing'
import { checkVersions, provision } from '#db/move/provision'
import { isBefore } from '#db/move/states'
import { switchOver } from '#db/move/switch'
import { undo } from '#db/move/undo'
import { verify } from '#db/move/verify'
import type { MoveState } from '#db/schema/platform'

type Step = {
  to: MoveState
  run: (mover: Mover) => Promise<{ rows: number } | void>
  then?: Moment
}

/**
 * A move, top to bottom: what is done in each state, and the state it leads to. Every step may be
 * run again from its beginning.
 */
const steps: Partial<Record<MoveState, Step>> = {
  requested: { to: 'provisioned', run: provision },
  provisioned: { to: 'capturing', run: capture },
  capturing: { to: 'copied', run: copy, then: 'copied' },
  copied: { to: 'indexed', run: index, then: 'indexed' },
  indexed: { to: 'caught_up', run: catchUp, then: 'caught up' },
  caught_up: { to: 'verified', run: verify },
  verified: { to: 'switched', run: switchOver, then: 'switched' },
  confirmed: { to: 'cleaned', run: clean },
}

export type Ending = 'waits' | 'over' | 'busy' | 'handed over'

/**
 * Drives a move as far as it goes: to the switch, to its end, or back. Whoever holds the tenant's
 * mover lock drives; another caller is told that it is busy. What may pass (a server that does not
 * answer, a migration under way) is thrown, and the move goes on from where it is when driven
 * again; what will not pass ends in `aborted`. With `until`, it goes no further than that state.
 */
export async function drive(
  moveId: string,
  stopping: AbortSignal,
  until?: MoveState,
): Promise<Ending> {
  const move = await readMove(moveId)
  const slug = await slugOf(move.tenantId)
  const main = await openEnd(
    { kind: 'shared', server: null, database: null, schema: 'shared', login: null, password: null },
    `rowhouse mover of ${slug}`,
  )
  const mover = new Mover(move, slug, main, stopping)
  main.once('end', () => void mover.close()) // without the lock another mover may be at it
  try {
    const { rows } = await main.query<{ got: boolean }>(
      `select pg_try_advisory_lock(hashtextextended('mover ${move.tenantId}', 7236117)) as got`,
    )
    if (!rows[0]?.got) return 'busy'
    mover.move = await readMove(moveId)
    await moment('begun')
    return await untilEnd(mover, until)
  } catch (error) {
    if (error instanceof HandedOver) return 'handed over'
    await putOff(mover, error)
    throw error
  } finally {
    await mover.close()
    await main.end().catch(() => {}) // its server may be gone
  }
}

async function untilEnd(mover: Mover, until: MoveState | undefined): Promise<Ending> {
  let resumed = false
  for (;;) {
    const { state, abortBy } = mover.move
    if (state === until) return 'waits'
    try {
      // before anything that needs the target: it may be away for good
      if (abortBy !== null && isBefore(state)) throw new GivenUp(`given up by ${abortBy}`)
      // a migration may have passed by while nobody was at it; the switch looks for itself, where
      // nobody waits for it
      if (!resumed && isBefore(state) && !['requested', 'verified'].includes(state))
        await checkVersions(mover)
      resumed = true
      if (state === 'aborting') await giveUp(mover)
      else if (state === 'switched') {
        if (!(await confirmed(mover))) return 'waits'
      } else if (steps[state]) await take(mover, steps[state])
      else return 'over'
    } catch (error) {
      if (!isBefore(state) || passes(error)) throw error
      if (await advance(mover.move.id, state, 'aborting', { error: said(error) }))
        await mover.event('given up', said(error))
      await mover.letGo() // a connection may be in the middle of what failed
    }
    mover.move = await readMove(mover.move.id)
  }
}

async function take(mover: Mover, step: Step): Promise<void> {
  const { id, state } = mover.move
  const began = performance.now()
  const result = await step.run(mover)
  await advance(id, state, step.to)
  await mover.event(step.to, '', {
    tookMs: performance.now() - began,
    ...(result ? { rows: result.rows } : {}),
  })
  if (step.then) await moment(step.then)
}

/** After the switch a person confirms, or nobody objects in time. */
async function confirmed({ move }: Mover): Promise<boolean> {
  const due =
    move.confirmBy !== null || (move.graceUntil !== null && move.graceUntil.getTime() <= Date.now())
  return due && (await advance(move.id, 'switched', 'confirmed'))
}

async function giveUp(mover: Mover): Promise<void> {
  if (!(await undo(mover))) return
  await endGivenUp(mover.move)
  await mover.event('aborted', mover.move.error ?? mover.move.abortBy ?? '')
}

/**
 * Nothing is lost: the move is tried again a little later, more rarely the longer it has not come
 * any further, and says why.
 */
async function putOff({ move }: Mover, error: unknown): Promise<void> {
  // in these the tenant may be in neither place
  const mostMs = move.state === 'verified' ? 500 : move.state === 'aborting' ? 5000 : 60_000
  const pauseMs = Math.min(mostMs, Math.max(3000, (Date.now() - move.changedAt.getTime()) / 10))
  try {
    await change(move.id, {
      note: `will try again: ${said(error)}`,
      retryAt: new Date(Date.now() + pauseMs),
    })
    const last = (await readEvents(move.id)).at(-1)
    if (last?.event !== 'tries again' || last.detail !== said(error))
      await addEvent(move.id, 'tries again', said(error))
  } catch {
    // the main database is away as well
  }
}
