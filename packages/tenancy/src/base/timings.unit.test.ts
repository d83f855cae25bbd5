import { expect, test } from 'vitest'
import { timings } from '#tenancy/base/timings'

const t = timings

test.each<[shorter: string, longer: string, why: string, values: [number, number]]>([
  [
    'fenceWait + fenceDeadline',
    'movingTenantWait',
    'a request that waits at a fence outlasts it, whether the switch succeeds or not',
    [t.fenceWait + t.fenceDeadline, t.movingTenantWait],
  ],
  [
    'fenceDeadline',
    'switchIdle',
    'a slow worker stops by itself before the server ends its sessions',
    [t.fenceDeadline, t.switchIdle],
  ],
  [
    'switchIdle',
    'moveTargetLockWait',
    'the next run waits until the server has ended the sessions of a frozen worker',
    [t.switchIdle, t.moveTargetLockWait],
  ],
  [
    'switchIdle + connect',
    'fencedAtMost',
    'another worker can take over and open the target before the tenant returns to its source',
    [t.switchIdle + t.connect, t.fencedAtMost],
  ],
  [
    'connect + probeInterval + probeAnswer',
    'takeoverIdle',
    'a worker that finds the target unreachable still holds its lock',
    [t.connect + t.probeInterval + t.probeAnswer, t.takeoverIdle],
  ],
  [
    'migrationLockWait',
    'tenantQueueWait',
    'requests that queue behind a migration are not refused because of it',
    [t.migrationLockWait, t.tenantQueueWait],
  ],
  [
    'statementGrace',
    'overdueGrace',
    'an app closes its own silent connection before the worker ends the transaction',
    [t.statementGrace, t.overdueGrace],
  ],
  [
    'endedConnectionRetry',
    'overdueGrace',
    'a transaction that was ended because it was overdue is not repeated',
    [t.endedConnectionRetry, t.overdueGrace],
  ],
  [
    'pageStatement',
    'exportLease',
    'an export does not lose its lease while it reads a page',
    [t.pageStatement, t.exportLease],
  ],
  [
    '20 × leaseRenewal',
    'importLease',
    'an import that misses some renewals is not considered dead',
    [20 * t.leaseRenewal, t.importLease],
  ],
])('%s is shorter than %s: %s', (_shorter, _longer, _why, [shorter, longer]) => {
  expect(shorter).toBeLessThan(longer)
})
