import { eq, sql } from 'drizzle-orm'
import { nextAttemptAt, type Backoff } from '#tenancy/base/backoff'
import { moves } from '#tenancy/base/schema'
import { platform } from '#tenancy/registry/placements'
import { capture } from '#tenancy/moves/capture'
import { catchUp } from '#tenancy/moves/catch-up'
import { clean } from '#tenancy/moves/clean-up'
import { copy } from '#tenancy/moves/copy'
import { openConnection } from '#tenancy/moves/move-ends'
import { lockKey } from '#tenancy/base/lock-keys'
import { index } from '#tenancy/moves/build-indexes'
import {
  addEvent,
  advance,
  finishAbort,
  readEvents,
  readMove,
  slugOf,
} from '#tenancy/moves/move-store'
import { failpoint, type Failpoint } from '#tenancy/moves/failpoints'
import { MoveAborted, WorkerStopping, MoveRun } from '#tenancy/moves/move-run'
import { isRetryable, errorMessage } from '#tenancy/moves/retryable'
import { checkVersions, provision } from '#tenancy/moves/prepare-target'
import { isBeforeSwitch } from '#tenancy/base/move-states'
import { switchOver } from '#tenancy/moves/switch-over'
import { undo } from '#tenancy/moves/undo'
import { verify } from '#tenancy/moves/verify'
import { type MoveState } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

type Step = {
  to: MoveState
  run: (run: MoveRun) => Promise<{ rows: number } | void>
  then?: Failpoint
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
 * move lock drives; another caller is told that it is busy. What may pass (a server that does not
 * answer, a migration under way) is thrown, and the move goes on from where it is when driven
 * again; what will not pass ends in `aborted`. With `until`, it goes no further than that state.
 */
export async function advanceMove(
  tenancy: Tenancy,
  moveId: string,
  stopping: AbortSignal,
  until?: MoveState,
): Promise<Ending> {
  const move = await readMove(tenancy, moveId)
  const slug = await slugOf(tenancy, move.tenantId)
  const main = await openConnection(
    tenancy,
    { kind: 'shared', server: null, database: null, schema: 'shared', login: null, password: null },
    `rowhouse mover of ${slug}`,
  )
  const run = new MoveRun(tenancy, move, slug, main, stopping)
  main.once('end', () => void run.close()) // without the lock another worker may be at it
  try {
    const { rows } = await main.query<{ got: boolean }>(
      `select pg_try_advisory_lock(${lockKey('moveWorker', move.tenantId)}) as got`,
    )
    if (!rows[0]?.got) return 'busy'
    run.move = await readMove(tenancy, moveId)
    await failpoint('started')
    return await untilEnd(run, until)
  } catch (error) {
    if (error instanceof WorkerStopping) return 'handed over'
    await scheduleRetry(tenancy, run, error)
    throw error
  } finally {
    await run.close()
    await main.end().catch(() => {}) // its server may be gone
  }
}

async function untilEnd(run: MoveRun, until: MoveState | undefined): Promise<Ending> {
  let resumed = false
  for (;;) {
    const { state, abortBy } = run.move
    if (state === until) return 'waits'
    try {
      // before anything that needs the target: it may be away for good
      if (abortBy !== null && isBeforeSwitch(state)) throw new MoveAborted(`aborted by ${abortBy}`)
      // a migration may have passed by while nobody was at it; the switch looks for itself, where
      // nobody waits for it
      if (!resumed && isBeforeSwitch(state) && !['requested', 'verified'].includes(state))
        await checkVersions(run)
      resumed = true
      if (state === 'aborting') await abort(run)
      else if (state === 'switched') {
        if (!(await confirmed(run.tenancy, run))) return 'waits'
      } else if (steps[state]) await take(run, steps[state])
      else return 'over'
    } catch (error) {
      if (!isBeforeSwitch(state) || isRetryable(error)) throw error
      if (
        await advance(run.tenancy, run.move.id, state, 'aborting', { error: errorMessage(error) })
      )
        await run.event('aborting', errorMessage(error))
      await run.releaseConnections() // a connection may be in the middle of what failed
    }
    run.move = await readMove(run.tenancy, run.move.id)
  }
}

async function take(run: MoveRun, step: Step): Promise<void> {
  const { id, state } = run.move
  const began = performance.now()
  const result = await step.run(run)
  await advance(run.tenancy, id, state, step.to)
  await run.event(step.to, '', {
    tookMs: performance.now() - began,
    ...(result ? { rows: result.rows } : {}),
  })
  if (step.then) await failpoint(step.then)
}

/** In `verified` and `aborting` the tenant may be fenced, so its users wait for the next attempt. */
const backoffIn = (state: MoveState): Backoff =>
  state === 'verified'
    ? { firstMs: 250, maxMs: 500 }
    : { firstMs: 1000, maxMs: state === 'aborting' ? 5000 : 30_000 }

/** After the switch a person confirms, or nobody objects in time. */
async function confirmed(tenancy: Tenancy, { move }: MoveRun): Promise<boolean> {
  const due =
    move.confirmBy !== null || (move.graceUntil !== null && move.graceUntil.getTime() <= Date.now())
  return due && (await advance(tenancy, move.id, 'switched', 'confirmed'))
}

async function abort(run: MoveRun): Promise<void> {
  if (!(await undo(run))) return
  await finishAbort(run.tenancy, run.move)
  await run.event('aborted', run.move.error ?? run.move.abortBy ?? '')
}

/** Schedules the next attempt. Nothing is lost: the move continues in the state it is in. */
async function scheduleRetry(tenancy: Tenancy, { move }: MoveRun, error: unknown): Promise<void> {
  try {
    await platform(tenancy)
      .update(moves)
      .set({
        retryError: errorMessage(error),
        attempts: sql`${moves.attempts} + 1`,
        nextAttemptAt: nextAttemptAt(sql`${moves.attempts} + 1`, backoffIn(move.state)),
      })
      .where(eq(moves.id, move.id))
    const last = (await readEvents(tenancy, move.id)).at(-1)
    if (last?.event !== 'retrying' || last.detail !== errorMessage(error))
      await addEvent(tenancy, move.id, { event: 'retrying', detail: errorMessage(error) })
  } catch {
    // the main database is away as well
  }
}
