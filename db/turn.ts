import type { Caller } from '#db/door'
import { RowhouseError, TooBusy } from '#db/errors'
import { limitsOf } from '#db/limits'
import { slow } from '#db/log'
import { tenantPools, type Lease } from '#db/pools'
import { tenantQueues } from '#db/queue'
import { connectionString, serviceUrl, type Placement } from '#db/registry'
import { count, countLimit } from '#db/usage'

/** A connection for one transaction of a tenant; `statementMs` is null where the login's own timeout holds. */
export type Turn = Lease & { statementMs: number | null; failed: (error: unknown) => void }

/**
 * Waits for this tenant's turn and then for a connection, and counts what was waited and used. The worker's own transactions
 * pass by the queue: there are few of them, and they must end.
 */
export async function takeTurn(caller: Caller, placement: Placement): Promise<Turn> {
  const { tenantId } = placement
  const asked = performance.now()
  const limits = caller.kind === 'service' ? null : await limitsOf(tenantId)
  let leave = () => {}
  try {
    if (limits) leave = await tenantQueues().enter(tenantId, limits.concurrent)
    const lease = await tenantPools().lease(caller.kind === 'service' ? serviceUrl('worker', placement) : connectionString(placement))
    const began = performance.now()
    let errors = 0
    return {
      client: lease.client,
      statementMs: limits?.statementMs ?? null,
      failed: (error) => void (errors = error instanceof RowhouseError && error.status < 500 ? 0 : 1),
      release: (error) => {
        lease.release(error)
        leave()
        const databaseMs = performance.now() - began
        count(tenantId, { transactions: 1, errors, databaseMs, waitMs: began - asked })
        slow(tenantId, databaseMs, began - asked)
      },
    }
  } catch (error) {
    leave()
    count(tenantId, { waitMs: performance.now() - asked })
    if (error instanceof TooBusy) countLimit(tenantId, error.what)
    throw error
  }
}
