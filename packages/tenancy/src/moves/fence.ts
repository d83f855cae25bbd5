import type pg from 'pg'
import { timings } from '#tenancy/base/timings'

import { drop } from '#tenancy/base/connect'
import { rollBack } from '#tenancy/base/with-transaction'
import { describeHolder, holders, longHolders } from '#tenancy/moves/fence-holders'
import { FenceTimeout } from '#tenancy/moves/errors'
import { failpoint } from '#tenancy/moves/failpoints'
import type { MoveRun } from '#tenancy/moves/move-run'

/** What was done behind the fence, and whether it has let the tenant go already. */
export type FencedResult<T> = { result: T; released?: boolean }

const key = (run: MoveRun) => `tenancy.lock_key('${run.move.tenantId}')`

/**
 * Lets the tenant go on. `work` may send it behind its commit, in the same message, so that nobody
 * waits for another round trip.
 */
export const releaseFence = (run: MoveRun): string =>
  `select pg_advisory_unlock(${key(run)}); set lock_timeout = 0; set idle_session_timeout = 0; set idle_in_transaction_session_timeout = 0`

/**
 * Runs `work` while no transaction of the tenant is open and none begins. Asks for the tenant's
 * lock only when nobody is known to keep it for long, waits for it no longer than a lock timeout,
 * and tries again: a long transaction holds up the move and nobody else. In: the connection that
 * keeps the lock. Out: what `work` returns, and for how long newcomers waited. Gives up after a
 * deadline.
 */
export async function withFence<T>(
  run: MoveRun,
  client: pg.Client,
  work: () => Promise<FencedResult<T>>,
): Promise<{ result: T; pauseMs: number }> {
  for (let tries = 0; ; tries++) {
    await waitForLongTransactions(run, client)
    const asked = performance.now()
    if (await locked(run, client, patienceMs(tries))) {
      try {
        await failpoint('fence taken')
        const { released = false, ...done } = await withDeadline(client, work())
        if (!released) await client.query(releaseFence(run))
        return { ...done, pauseMs: performance.now() - asked }
      } catch (error) {
        await rollBack(client)
        await client.query(releaseFence(run)).catch(() => drop(client))
        throw error
      }
    }
    await run.setStatus(
      `waits for ${(await holders(client, run.move.tenantId)).map(describeHolder).join('; ') || 'the tenant’s transactions'}`,
    )
    await run.pause(Math.min(50 * 2 ** tries, 1000) * (0.5 + Math.random()))
  }
}

async function waitForLongTransactions(run: MoveRun, client: pg.Client): Promise<void> {
  let said = false
  for (;;) {
    const long = await longHolders(client, run.move.tenantId)
    const [first] = long
    if (!first) return
    await run.setStatus(`waits for ${describeHolder(first)}`)
    if (!said) await run.event('waiting', describeHolder(first))
    said = true
    await run.pause(250)
  }
}

/**
 * Short at first; a tenant whose transactions overlap all the time is waited for a little longer
 * each time, never longer than `timings.fenceWait`.
 */
const patienceMs = (tries: number): number => Math.min(100 + 50 * tries, timings.fenceWait)

async function locked(run: MoveRun, client: pg.Client, lockTimeoutMs: number): Promise<boolean> {
  try {
    // a worker that freezes here must not keep the tenant out: the server ends its session
    await client.query(`set lock_timeout = ${lockTimeoutMs}; set idle_session_timeout = ${timings.fenceDeadline}; set idle_in_transaction_session_timeout = ${timings.fenceDeadline};
      select pg_advisory_lock(${key(run)})`)
    return true
  } catch (error) {
    if ((error as { code?: string }).code !== '55P03') throw error
    return false
  }
}

/**
 * What `work` comes to within the deadline; after it the connection is dropped and an error thrown
 * that passes.
 */
export function withDeadline<T>(
  client: pg.Client,
  work: Promise<T>,
  ms: number = timings.fenceDeadline,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      drop(client)
      reject(new FenceTimeout(ms))
    }, ms)
  })
  work.catch(() => {}) // when it is late, its error comes later still
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
