/**
 * The timeouts, leases and intervals that depend on each other, in milliseconds.
 * `timings.unit.test.ts` states which has to be longer than which, and why.
 */
export const timings = {
  /** How long the opening of a connection may take. */
  connect: 5000,
  /** How long a pooler in session mode may take to answer a second client when poolers are recognised. */
  poolerProbe: 2000,
  /** How long a request waits for a free connection, and in its tenant's queue. */
  poolWait: 5000,
  tenantQueueWait: 5000,
  /** How long a request tries to enter a tenant that is being moved. */
  movingTenantWait: 5000,
  /** How long a transaction is repeated whose connection is ended before its commit. */
  endedConnectionRetry: 4000,
  /** How long placements and limits are cached. Changes are announced at once. */
  cache: 30_000,
  /** How long a query of the platform login may go unanswered before its connection is closed. */
  platformAnswer: 9000,
  /** The same for a tenant transaction, on top of its statement timeout. */
  statementGrace: 3000,
  /** The same for the worker's own tenant transactions, which have no limit of a tier. */
  serviceAnswer: 600_000,
  /**
   * How much longer than the longest statement timeout a transaction of a tenant's login may take
   * before the worker ends it.
   */
  overdueGrace: 5000,
  /** How often the worker looks for such transactions on the main server, and on the others. */
  overdueInterval: 1000,
  overdueIntervalElsewhere: 5000,

  /** How long a statement of a migration, and every query behind it, waits for a lock. */
  migrationLockWait: 500,

  /** How long a move waits for the fence before it lets the tenant's requests continue. */
  fenceWait: 1000,
  /** How long the fence may be up. The server ends the session of a worker that is frozen. */
  fenceDeadline: 2500,
  /** How long a worker may be idle during a switch before the server ends its sessions. */
  switchIdle: 5000,
  /** The same for a worker that takes over a switch. */
  takeoverIdle: 20_000,
  /** How long a tenant stays fenced when its target does not open, before it returns to its source. */
  fencedAtMost: 15_000,
  /** How often a move pings its servers, and how long it waits for an answer. */
  probeInterval: 2000,
  probeAnswer: 4000,
  /** How long a run waits for the lock on the target, which the previous run may still hold. */
  moveTargetLockWait: 10_000,

  /** How often an export or import renews its lease. */
  leaseRenewal: 500,
  /** After this time without renewal, an export or import is considered dead. */
  exportLease: 90_000,
  importLease: 60_000,
  /** How long an export may take to read one page. */
  pageStatement: 60_000,
} as const
