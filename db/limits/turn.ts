import type { Socket } from 'node:net'
import type { Caller } from '#db/door'
import { RowhouseError, TooBusy } from '#db/errors'
import { limitsOf } from '#db/limits/limits'
import { slow } from '#db/log'
import { tenantPools, type Lease } from '#db/pools'
import { tenantQueues } from '#db/limits/queue'
import { connectionString, serviceUrl, type Placement } from '#db/registry'
import { endSpan, transactionSpan } from '#db/tracing'
import { count, countLimit } from '#db/limits/usage'

/**
 * A connection for one transaction of a tenant; `statementMs` is null where the login's own timeout
 * holds. `over` counts what it took.
 */
export type Turn = Lease & { statementMs: number | null; over: (failure?: unknown) => void }

const graceMs = 3000
const serviceSilenceMs = 600_000

/**
 * Ends a connection on which nothing came back for so long: the server would have ended the
 * statement, so the way to it is gone.
 */
function noSilence(client: Lease['client'], ms: number): () => void {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  const end = () => stream.destroy(new Error(`the database did not answer for ${ms} ms`))
  stream.setTimeout(ms, end)
  return () => void stream.setTimeout(0).off('timeout', end)
}

/**
 * Waits for this tenant's turn and then for a connection, and counts what was waited and used. The
 * worker's own transactions pass by the queue: there are few of them, and they must end.
 */
export async function takeTurn(caller: Caller, placement: Placement): Promise<Turn> {
  const { tenantId } = placement
  const asked = performance.now()
  const limits = caller.kind === 'service' ? null : await limitsOf(tenantId)
  const span = transactionSpan(tenantId, placement.kind)
  let leave = () => {}
  try {
    if (limits) leave = await tenantQueues().enter(tenantId, limits.concurrent)
    const lease = await tenantPools().lease(
      caller.kind === 'service' ? serviceUrl('worker', placement) : connectionString(placement),
    )
    const began = performance.now()
    const stopWatching = noSilence(
      lease.client,
      (limits?.statementMs ?? serviceSilenceMs) + graceMs,
    )
    return {
      client: lease.client,
      statementMs: limits?.statementMs ?? null,
      over: (failure) => {
        const databaseMs = performance.now() - began
        const errors =
          failure === undefined || (failure instanceof RowhouseError && failure.status < 500)
            ? 0
            : 1
        count(tenantId, { transactions: 1, errors, databaseMs, waitMs: began - asked })
        slow(tenantId, databaseMs, began - asked)
        endSpan(span, began - asked, failure)
      },
      release: (error) => {
        stopWatching()
        lease.release(error)
        leave()
      },
    }
  } catch (error) {
    leave()
    count(tenantId, { waitMs: performance.now() - asked })
    if (error instanceof TooBusy) countLimit(tenantId, error.what)
    endSpan(span, performance.now() - asked, error)
    throw error
  }
}
