import type pg from 'pg'
import { drop } from '#tenancy/base/connect'
import { timings } from '#tenancy/base/timings'
import { codeOf } from '#tenancy/base/transient-errors'
import { rollBack } from '#tenancy/base/with-transaction'
import { FenceTimeout } from '#tenancy/moves/errors'
import { failpoint } from '#tenancy/moves/failpoints'
import { describeHolder, fenceHolders, longFenceHolders } from '#tenancy/moves/fence-holders'
import type { MoveRun } from '#tenancy/moves/move-run'

/** What the fenced work returned, and whether it has already released the fence. */
export type FencedResult<T> = { result: T; released?: boolean }

/**
 * The statements that release the fence. Work that commits can send them in the same message, which
 * saves the waiting transactions a round trip.
 */
export const releaseFence = (run: MoveRun): string =>
  `select pg_advisory_unlock(tenancy.lock_key('${run.move.tenantId}')); set lock_timeout = 0; set idle_session_timeout = 0; set idle_in_transaction_session_timeout = 0`

/**
 * Runs work while no transaction of the tenant is open and none can begin. Waits until no long
 * transaction is open, then tries to take the tenant's lock with a short lock timeout. A long
 * transaction therefore delays the move, but not the tenant's other requests.
 * @param client - The connection that holds the lock.
 * @param work - Must finish within `timings.fenceDeadline`.
 * @returns What `work` returns, and for how long new transactions had to wait.
 * @throws FenceTimeout after the deadline.
 */
export async function withFence<T>(
  run: MoveRun,
  client: pg.Client,
  work: () => Promise<FencedResult<T>>,
): Promise<{ result: T; pauseMs: number }> {
  for (let attempt = 0; ; attempt++) {
    await waitForLongTransactions(run, client)
    const requestedAt = performance.now()
    if (await raiseFence(run, client, lockTimeoutMs(attempt))) {
      try {
        await failpoint('fence taken')
        const { released = false, ...done } = await withDeadline(client, work())
        if (!released) await client.query(releaseFence(run))
        return { ...done, pauseMs: performance.now() - requestedAt }
      } catch (error) {
        await rollBack(client)
        await client.query(releaseFence(run)).catch(() => drop(client)) // closing it releases the lock
        throw error
      }
    }
    const holders = (await fenceHolders(client, run.move.tenantId)).map(describeHolder)
    await run.setStatus(`waiting for ${holders.join('; ') || 'the tenant’s transactions'}`)
    await run.pause(Math.min(50 * 2 ** attempt, 1000) * (0.5 + Math.random()))
  }
}

async function waitForLongTransactions(run: MoveRun, client: pg.Client): Promise<void> {
  for (let isRecorded = false; ; isRecorded = true) {
    const [oldest] = await longFenceHolders(client, run.move.tenantId)
    if (!oldest) return
    await run.setStatus(`waiting for ${describeHolder(oldest)}`)
    if (!isRecorded) await run.event('waiting', describeHolder(oldest))
    await run.pause(250)
  }
}

/** Grows with each attempt, for tenants whose transactions always overlap. */
const lockTimeoutMs = (attempt: number): number => Math.min(100 + 50 * attempt, timings.fenceWait)

async function raiseFence(run: MoveRun, client: pg.Client, timeoutMs: number): Promise<boolean> {
  try {
    // if this worker freezes, the server ends its session, so the tenant is not locked out
    await client.query(`set lock_timeout = ${timeoutMs}; set idle_session_timeout = ${timings.fenceDeadline}; set idle_in_transaction_session_timeout = ${timings.fenceDeadline};
      select tenancy.raise_fence('${run.move.tenantId}')`)
    return true
  } catch (error) {
    if (codeOf(error) !== '55P03') throw error // lock_not_available
    return false
  }
}

/**
 * Awaits work, and closes the connection if it takes too long.
 * @param client - The connection that the work uses.
 * @param ms - The deadline.
 * @throws FenceTimeout, which is retryable.
 */
export function withDeadline<T>(
  client: pg.Client,
  work: Promise<T>,
  ms: number = timings.fenceDeadline,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      drop(client)
      reject(new FenceTimeout(ms))
    }, ms)
  })
  work.catch(() => {}) // after the deadline nothing awaits it
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer))
}
