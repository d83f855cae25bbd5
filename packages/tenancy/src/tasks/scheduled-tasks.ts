import { foldUsage } from '#tenancy/admission/fold-usage'
import { type Tenancy } from '#tenancy/base/tenancy'
import { timings } from '#tenancy/base/timings'
import { deleteExpired, pruneServiceEntries } from '#tenancy/data/delete-expired'
import { runChecksWhenDue } from '#tenancy/checks/check-runs'
import { due as dueErasures } from '#tenancy/data/erase/erasures'
import { processErasure } from '#tenancy/data/erase/run-erasure'
import { deleteExpiredFiles, listRunnable as dueExports } from '#tenancy/data/export/exports'
import { runExport } from '#tenancy/data/export/run-export'
import { processRequestedRuns } from '#tenancy/migrations/requested-runs'
import { deleteInterruptedImports } from '#tenancy/data/import/import-tenant'
import { runRetention } from '#tenancy/data/retention/run-retention'
import { advanceMove } from '#tenancy/moves/advance-move'
import { dueMoves } from '#tenancy/moves/move-store'
import { platform } from '#tenancy/registry/placements'
import { endOverdueElsewhere, endOverdueOnMainServer } from '#tenancy/tasks/end-overdue'
import { restoreLoginSettings } from '#tenancy/tasks/login-settings'
import type { Task } from '#tenancy/tasks/task'

/**
 * Lists the engine's background tasks, which a worker has to run.
 * @param tenancy - The instance.
 * @returns The tasks, for `runTasks`.
 */
export const scheduledTasks = (tenancy: Tenancy): Task[] => [
  {
    name: 'moves',
    everyMs: 700,
    concurrency: 2,
    due: () => dueMoves(tenancy),
    process: async (move, stopping) => {
      const result = await advanceMove(tenancy, move, stopping)
      if (result !== 'locked') tenancy.config.logger.info({ move, result }, 'move advanced')
    },
  },
  {
    name: 'exports',
    everyMs: 1000,
    concurrency: 2,
    due: () => dueExports(platform(tenancy)),
    process: (id, stopping) => runExport(tenancy, id, stopping),
  },
  {
    name: 'erasures',
    everyMs: 10_000,
    concurrency: 1,
    due: () => dueErasures(platform(tenancy)),
    process: (id) => processErasure(tenancy, id),
  },
  {
    name: 'fleet runs',
    everyMs: 1000,
    run: (stopping) => processRequestedRuns(tenancy, stopping),
  },
  {
    name: 'overdue transactions',
    everyMs: timings.overdueInterval,
    run: () => endOverdueOnMainServer(tenancy),
  },
  {
    name: 'overdue transactions elsewhere',
    everyMs: timings.overdueIntervalElsewhere,
    run: () => endOverdueElsewhere(tenancy),
  },
  {
    name: 'settings of logins',
    everyMs: timings.overdueInterval,
    run: () => restoreLoginSettings(tenancy),
  },
  { name: 'retention', everyMs: 300_000, run: (stopping) => runRetention(tenancy, { stopping }) },
  { name: 'interrupted imports', everyMs: 60_000, run: () => deleteInterruptedImports(tenancy) },
  { name: 'expired exports', everyMs: 600_000, run: () => deleteExpiredFiles(tenancy) },
  { name: 'expired rows', everyMs: 3_600_000, run: () => deleteExpired(tenancy) },
  {
    name: 'service entries',
    everyMs: 86_400_000,
    run: (stopping) => pruneServiceEntries(tenancy, stopping),
  },
  { name: 'usage by day', everyMs: 3_600_000, run: () => foldUsage(tenancy) },
  { name: 'doctor', everyMs: 300_000, run: () => runChecksWhenDue(tenancy) },
]
