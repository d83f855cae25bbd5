import { limitsOf } from '#tenancy/admission/limits'
import { endOverdueTransaction } from '#tenancy/admission/overdue-transactions'
import { timings } from '#tenancy/base/timings'
import { tenantQueues } from '#tenancy/admission/tenant-queues'
import { countLimit, countUsage } from '#tenancy/admission/usage'
import { isService, type Caller, type ServiceCaller } from '#tenancy/base/caller'
import { type Tenancy, type TransactionOutcome } from '#tenancy/base/tenancy'
import { endWhenSilent } from '#tenancy/base/connect'
import { DedicatedRoleRefused, RowhouseError, TooBusy } from '#tenancy/base/errors'
import { codeOf } from '#tenancy/base/transient-errors'
import { tenantPools, type Lease } from '#tenancy/registry/pools'
import { connectionString, serviceUrl, type Placement } from '#tenancy/registry/placements'

/** A connection for one transaction of a tenant. */
export type Slot = Lease & {
  /** The statement timeout; null for service callers, to whom that of the login applies. */
  statementMs: number | null
  /** Records the transaction, and the error with which it failed. */
  recordUsage: (failure?: unknown) => void
}

/**
 * Waits in the tenant's queue and then for a connection, and records the waiting time. Service
 * callers skip the queue: they are few, and the tenant's requests must not starve them.
 * @param tenancy - The instance.
 * @param caller - Who opens the transaction.
 * @param placement - Where it runs.
 * @returns The connection.
 * @throws TooBusy when the queue is full or no connection becomes free in time.
 */
export async function acquireSlot(
  tenancy: Tenancy,
  caller: Caller | ServiceCaller,
  placement: Placement,
): Promise<Slot> {
  const { tenantId } = placement
  const { traceTransaction } = tenancy.config
  const asked = performance.now()
  const limits = isService(caller) ? null : await limitsOf(tenancy, tenantId)
  const endTrace = traceTransaction?.({ tenantId, placement: placement.kind })
  let leave = () => {}
  try {
    if (limits) leave = await tenantQueues(tenancy).enter(tenantId, limits.concurrent)
    const lease = await (isService(caller)
      ? tenantPools(tenancy).lease(serviceUrl(tenancy, 'worker', placement))
      : leaseAsTenant(tenancy, placement))
    const began = performance.now()
    // the server cancels the statement before this: a silent connection is lost, or runs SQL that has
    // lifted the timeout
    const statementMs = limits?.statementMs ?? timings.serviceAnswer
    const stopWatching = endWhenSilent(
      lease.client,
      statementMs + timings.statementGrace,
      (pid) => {
        if (placement.server === null) void endOverdueTransaction(tenancy, pid, statementMs)
      },
    )
    return {
      client: lease.client,
      statementMs: limits?.statementMs ?? null,
      recordUsage: (failure) => {
        const databaseMs = performance.now() - began
        const waitMs = began - asked
        countUsage(tenancy, tenantId, {
          transactions: 1,
          errors: outcomeOf(failure) === 'failed' ? 1 : 0,
          databaseMs,
          waitMs,
        })
        logIfSlow(tenancy, tenantId, databaseMs, waitMs)
        endTrace?.({ outcome: outcomeOf(failure), waitMs, databaseMs, error: failure })
      },
      release: (error) => {
        stopWatching()
        lease.release(error)
        leave()
      },
    }
  } catch (error) {
    leave()
    const waitMs = performance.now() - asked
    countUsage(tenancy, tenantId, { waitMs })
    if (TooBusy.is(error)) countLimit(tenancy, tenantId, error.limit)
    endTrace?.({ outcome: TooBusy.is(error) ? 'busy' : outcomeOf(error), waitMs, error })
    throw error
  }
}

// 28P01 and 28000 are PostgreSQL's; PgBouncer answers with 08P01, which later means a lost server
const refusedCodes = ['28P01', '28000', '08P01']

async function leaseAsTenant(tenancy: Tenancy, placement: Placement): Promise<Lease> {
  try {
    return await tenantPools(tenancy).lease(connectionString(tenancy, placement))
  } catch (error) {
    if (placement.login === null || !refusedCodes.includes(codeOf(error) ?? '')) throw error
    throw new DedicatedRoleRefused(placement.login, error as Error)
  }
}

function outcomeOf(failure: unknown): TransactionOutcome {
  if (failure === undefined) return 'committed'
  const refused = RowhouseError.is(failure) && !failure.fault && !failure.retryable
  return refused ? 'refused' : 'failed'
}

function logIfSlow(
  { config: { logger, slowTransactionMs } }: Tenancy,
  tenantId: string,
  databaseMs: number,
  waitMs: number,
): void {
  if (databaseMs >= slowTransactionMs)
    logger.warn(
      { tenantId, databaseMs: Math.round(databaseMs), waitMs: Math.round(waitMs) },
      'slow transaction',
    )
}
