/**
 * The timeouts, leases and intervals that depend on each other, in milliseconds.
 * `timings.unit.test.ts` states which has to be longer than which, and why.
 */
export const timings = {
  /** How long the opening of a connection may take. */
  connect: 5000,
  /** How long a request waits for a free connection, and in its tenant's queue. */
  poolWait: 5000,
  tenantQueueWait: 5000,
  /** How long a request tries to enter a tenant that is being moved. */
  movingTenantWait: 5000,
  /** The age at which a cached placement or limit is read again. A change is announced at once. */
  cache: 30_000,
  /** How long the platform login waits for an answer before it takes its connection for lost. */
  platformAnswer: 9000,
  /** The same for a tenant transaction, on top of its statement timeout. */
  statementGrace: 3000,
  /** The same for the worker's own tenant transactions, which have no limit of a tier. */
  serviceAnswer: 600_000,

  /** How long a statement of a migration waits for a lock, and all who queue behind it. */
  migrationLockWait: 500,

  /** How long a move waits for the fence, at most, before it lets the tenant's requests pass. */
  fenceWait: 1000,
  /** How long the fence may be up. The server ends the session of a worker that is frozen. */
  fenceDeadline: 2500,
  /** How long a worker may be silent in the middle of a switch before the server ends its sessions. */
  switchIdle: 5000,
  /** The same for a worker that takes over a switch. */
  takeoverIdle: 20_000,
  /** How long a tenant stays fenced when its target does not open; then it goes back. */
  fencedAtMost: 15_000,
  /** How often a move asks its servers for a sign of life, and how long it waits for it. */
  probeInterval: 2000,
  probeAnswer: 4000,
  /** How long a run waits for the lock on the target that the run before it may still hold. */
  moveTargetLockWait: 10_000,

  /** How often an export or import renews its lease. */
  leaseRenewal: 500,
  /** An export or import that has not renewed its lease for so long has died. */
  exportLease: 90_000,
  importLease: 60_000,
  /** How long the reading of one page may take. */
  pageStatement: 60_000,
} as const
