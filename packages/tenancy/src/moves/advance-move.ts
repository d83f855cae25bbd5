import { eq, sql } from 'drizzle-orm'
import { nextAttemptAt, type Backoff } from '#tenancy/base/backoff'
import { WorkerStopping } from '#tenancy/base/errors'
import { lockKey } from '#tenancy/base/lock-keys'
import { moves } from '#tenancy/base/schema'
import { isBeforeSwitch, type MoveState, type MoveStateWith } from '#tenancy/base/move-states'
import type { Tenancy } from '#tenancy/base/tenancy'
import { isTransient } from '#tenancy/base/transient-errors'
import { MoveAborted } from '#tenancy/moves/errors'
import { buildIndexes } from '#tenancy/moves/build-indexes'
import { capture } from '#tenancy/moves/capture'
import { catchUp } from '#tenancy/moves/catch-up'
import { cleanUp } from '#tenancy/moves/clean-up'
import { copy } from '#tenancy/moves/copy'
import { failpoint, type Failpoint } from '#tenancy/moves/failpoints'
import { openConnection } from '#tenancy/moves/move-ends'
import { MoveRun } from '#tenancy/moves/move-run'
import {
  addEvent,
  advance,
  finishAbort,
  readEvents,
  readMove,
  slugOf,
} from '#tenancy/moves/move-store'
import { checkVersions, provisionTarget } from '#tenancy/moves/prepare-target'
import { errorMessage } from '#tenancy/moves/retryable'
import { switchOver } from '#tenancy/moves/switch-over'
import { platform } from '#tenancy/registry/placements'
import { undo } from '#tenancy/moves/undo'
import { verify } from '#tenancy/moves/verify'

type MoveStep = {
  to: MoveState
  run: (run: MoveRun) => Promise<{ rows: number } | void>
  then?: Failpoint
}

/**
 * The steps of a move, in order: what the worker does in each state, and the state that follows.
 * Every step can be repeated from its beginning.
 */
const steps: Record<Exclude<MoveStateWith<{ waitsFor: 'worker' }>, 'aborting'>, MoveStep> = {
  requested: { to: 'provisioned', run: provisionTarget },
  provisioned: { to: 'capturing', run: capture },
  capturing: { to: 'copied', run: copy, then: 'copied' },
  copied: { to: 'indexed', run: buildIndexes, then: 'indexed' },
  indexed: { to: 'caught_up', run: catchUp, then: 'caught up' },
  caught_up: { to: 'verified', run: verify },
  verified: { to: 'switched', run: switchOver, then: 'switched' },
  confirmed: { to: 'cleaned', run: cleanUp },
}

const stepFor = (state: MoveState): MoveStep | undefined =>
  Object.entries(steps).find(([name]) => name === state)?.[1]

/** How `advanceMove` ended. `locked`: another worker is advancing a move of this tenant. */
export type AdvanceResult = 'waiting' | 'ended' | 'locked' | 'stopped'

/**
 * Advances a move as far as possible: to the switch, to its end, or through an abort. Takes the
 * tenant's move lock. A retryable error (an unreachable server, a running migration)
 * is thrown, and the next run continues where this one stopped. Any other error before the switch
 * aborts the move.
 * @param stopping - Aborted when the worker stops. The run then ends at its next checkpoint.
 * @param until - The state to stop in.
 * @throws The error that interrupted the run, once it is recorded in the move.
 */
export async function advanceMove(
  tenancy: Tenancy,
  moveId: string,
  stopping: AbortSignal,
  until?: MoveState,
): Promise<AdvanceResult> {
  const move = await readMove(tenancy, moveId)
  const slug = await slugOf(tenancy, move.tenantId)
  const main = await openConnection(
    tenancy,
    { kind: 'shared', server: null, database: null, schema: 'shared', login: null, password: null },
    `rowhouse move lock of ${slug}`,
  )
  const run = new MoveRun(tenancy, { move, slug, main, stopping })
  main.once('end', () => void run.close()) // without the lock, another worker may take over
  try {
    const { rows } = await main.query<{ locked: boolean }>(
      `select pg_try_advisory_lock(${lockKey('moveWorker', move.tenantId)}) as locked`,
    )
    if (!rows[0]?.locked) return 'locked'
    run.move = await readMove(tenancy, moveId)
    await failpoint('started')
    return await runSteps(run, until)
  } catch (error) {
    if (WorkerStopping.is(error)) return 'stopped'
    await scheduleRetry(run, error)
    throw error
  } finally {
    await run.close()
    await main.end().catch(() => {}) // the server may be gone
  }
}

async function runSteps(run: MoveRun, until: MoveState | undefined): Promise<AdvanceResult> {
  for (let isFirst = true; ; isFirst = false) {
    const { state } = run.move
    if (state === until) return 'waiting'
    try {
      const result = await runStep(run, isFirst)
      if (result) return result
    } catch (error) {
      if (!isBeforeSwitch(state) || isTransient(error)) throw error
      if (
        await advance(
          platform(run.tenancy),
          run.move.id,
          { from: state, to: 'aborting' },
          { error: errorMessage(error) },
        )
      )
        await run.event('aborting', errorMessage(error))
      await run.releaseConnections() // the failure may have left a transaction open
    }
    run.move = await readMove(run.tenancy, run.move.id)
  }
}

/** Takes one step. Returns a result when there is none to take. */
async function runStep(run: MoveRun, isFirst: boolean): Promise<AdvanceResult | undefined> {
  const { state, abortBy } = run.move
  // this comes first, because the target may be lost
  if (abortBy !== null && isBeforeSwitch(state)) throw new MoveAborted(`aborted by ${abortBy}`)
  // a migration may have run since; the switch checks again under its locks
  if (isFirst && isBeforeSwitch(state) && state !== 'requested' && state !== 'verified')
    await checkVersions(run)
  if (state === 'aborting') {
    await abort(run)
    return undefined
  }
  if (state === 'switched') return (await confirmIfDue(run)) ? undefined : 'waiting'
  const step = stepFor(state)
  if (!step) return 'ended'
  const startedAt = performance.now()
  const result = await step.run(run)
  await advance(platform(run.tenancy), run.move.id, { from: state, to: step.to })
  await run.event(step.to, '', { tookMs: performance.now() - startedAt, ...result })
  if (step.then) await failpoint(step.then)
  return undefined
}

/** An operator confirms a switched move, or its grace period ends. */
async function confirmIfDue({ tenancy, move }: MoveRun): Promise<boolean> {
  const isDue =
    move.confirmBy !== null || (move.graceUntil !== null && move.graceUntil.getTime() <= Date.now())
  return isDue && (await advance(platform(tenancy), move.id, { from: 'switched', to: 'confirmed' }))
}

async function abort(run: MoveRun): Promise<void> {
  if (!(await undo(run))) return
  await finishAbort(run.tenancy, run.move)
  await run.event('aborted', run.move.error ?? run.move.abortBy ?? '')
}

/** In `verified` and `aborting`, the tenant may be fenced and its users wait, so retry sooner. */
function backoffIn(state: MoveState): Backoff {
  if (state === 'verified') return { firstMs: 250, maxMs: 500 }
  return { firstMs: 1000, maxMs: state === 'aborting' ? 5000 : 30_000 }
}

/** Schedules the next attempt, in the same state. */
async function scheduleRetry({ tenancy, move }: MoveRun, error: unknown): Promise<void> {
  const detail = errorMessage(error)
  try {
    await platform(tenancy)
      .update(moves)
      .set({
        retryError: detail,
        attempts: sql`${moves.attempts} + 1`,
        nextAttemptAt: nextAttemptAt(sql`${moves.attempts} + 1`, backoffIn(move.state)),
      })
      .where(eq(moves.id, move.id))
    const last = (await readEvents(tenancy, move.id)).at(-1)
    if (last?.event !== 'retrying' || last.detail !== detail)
      await addEvent(tenancy, move.id, { event: 'retrying', detail })
  } catch {
    // the main database is unreachable too; the row keeps the time of its previous attempt
  }
}
