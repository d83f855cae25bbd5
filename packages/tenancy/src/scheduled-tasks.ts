import { foldUsage } from '#tenancy/admission/fold-usage'
import { type Tenancy } from '#tenancy/base/tenancy'
import { deleteExpired, pruneServiceEntries } from '#tenancy/data/delete-expired'
import { runChecksWhenDue } from '#tenancy/checks/check-runs'
import { runErasures } from '#tenancy/data/erase/run'
import { expire } from '#tenancy/data/export/exports'
import { runExports } from '#tenancy/data/export/run'
import { processRequestedRuns } from '#tenancy/migrations/requested-runs'
import { removeRemains } from '#tenancy/data/import/import'
import { runRetention } from '#tenancy/data/retention/run'

/** Work that a worker does again and again. It finds in its own rows what is due. */
export type ScheduledTask = {
  name: string
  everyMs: number
  run: (stopping: AbortSignal) => Promise<unknown>
}

/** What a worker has to do for the engine, beside moves. */
export const scheduledTasks = (tenancy: Tenancy): ScheduledTask[] => [
  { name: 'exports', everyMs: 1000, run: (stopping) => runExports(tenancy, stopping) },
  { name: 'expired exports', everyMs: 600_000, run: () => expire(tenancy) },
  { name: 'interrupted imports', everyMs: 60_000, run: () => removeRemains(tenancy) },
  { name: 'erasures', everyMs: 30_000, run: () => runErasures(tenancy) },
  { name: 'fleet runs', everyMs: 1000, run: (stopping) => processRequestedRuns(tenancy, stopping) },
  { name: 'usage by day', everyMs: 3_600_000, run: () => foldUsage(tenancy) },
  { name: 'expired rows', everyMs: 3_600_000, run: () => deleteExpired(tenancy) },
  {
    name: 'service entries',
    everyMs: 86_400_000,
    run: (stopping) => pruneServiceEntries(tenancy, stopping),
  },
  { name: 'doctor', everyMs: 300_000, run: () => runChecksWhenDue(tenancy) },
  { name: 'retention', everyMs: 300_000, run: (stopping) => runRetention(tenancy, { stopping }) },
]
