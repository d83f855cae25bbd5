import { backoffMs } from '#tenancy/base/backoff'
import { timings } from '#tenancy/base/timings'
import { TargetUnreachable } from '#tenancy/migrations/errors'
import { applyPending } from '#tenancy/migrations/apply'
import type { DatabaseLocation, MainConnection } from '#tenancy/migrations/connections'
import { dedicatedDatabaseLocations } from '#tenancy/migrations/dedicated-databases'
import type { Histories } from '#tenancy/migrations/history'
import { migrateTarget, recordTimings } from '#tenancy/migrations/migrate-target'
import { isRetryableMigrationError } from '#tenancy/migrations/retryable'
import { WorkQueue } from '#tenancy/migrations/work-queue'
import type { RunSummary } from '#tenancy/migrations/run-summary'
import type { TargetVersion } from '#tenancy/migrations/targets'
import type { Tenancy } from '#tenancy/base/tenancy'

export type MigrateOptions = {
  /** How often to try a target that cannot get a lock or a connection. Defaults to 6. */
  tries?: number
  lockTimeoutMs?: number
  signal?: AbortSignal
}

/** What the batches of one run share. `workers` has one connection per worker. */
export type RunContext = {
  tenancy: Tenancy
  histories: Histories
  workers: MainConnection[]
  summary: RunSummary
  options: MigrateOptions
}

/**
 * Migrates targets, one per worker at a time. A target that cannot get its locks is retried with
 * increasing pauses, while the others continue. Does not throw when a target fails; the summary
 * records the failures.
 */
export async function migrateAll(run: RunContext, targets: TargetVersion[]): Promise<void> {
  const { tenancy, histories, workers, summary, options } = run
  const locations = targets.some(({ dedicatedDatabase }) => dedicatedDatabase)
    ? await dedicatedDatabaseLocations(tenancy)
    : new Map<string, DatabaseLocation>()
  const queue = new WorkQueue(targets)
  const times = new Map<string, number>()
  const stop = () => {
    summary.stop('signal')
    queue.stop()
  }
  options.signal?.addEventListener('abort', stop)
  if (options.signal?.aborted) stop()
  await Promise.all(workers.map((main) => runWorker({ ...run, locations, queue, times }, main)))
  options.signal?.removeEventListener('abort', stop)
  const [main] = workers
  const tags = histories.tenant.map(({ tag }) => tag)
  if (main && times.size > 0) await recordTimings(await main.use(), times, tags)
}

type BatchContext = RunContext & {
  locations: Map<string, DatabaseLocation>
  queue: WorkQueue<TargetVersion>
  /** How long each schema took, in milliseconds. */
  times: Map<string, number>
}

/** Migrates targets from the queue until it is empty. */
async function runWorker(batch: BatchContext, main: MainConnection): Promise<void> {
  const { tenancy, histories, options, locations, queue, times, summary } = batch
  const { tries: maxTries = 6, lockTimeoutMs: timeoutMs = timings.migrationLockWait } = options
  for (let item = await queue.take(); item; item = await queue.take()) {
    const { value: target, tries } = item
    const { name, schema, lacks, tenantId } = target
    const files = histories.tenant.filter(({ tag }) => lacks.includes(tag))
    const started = performance.now()
    try {
      const applied = await migrateTarget(tenancy, target, {
        main,
        location: locations.get(tenantId ?? ''),
        apply: (client) => applyPending(client, files, { schema, target: name, timeoutMs }),
        isLastTry: tries >= maxTries,
      })
      queue.finished()
      if (!target.dedicatedDatabase) times.set(schema, performance.now() - started)
      if (applied.length > 0) summary.recordDone(name)
      else summary.recordDoneByOtherRun(name)
    } catch (error) {
      if (shouldRetry(error, target) && tries < maxTries && !queue.stopped) {
        queue.putBack(item, backoffMs(tries, { firstMs: 200, maxMs: 10_000 }))
        summary.reportWaiting(name, error)
      } else {
        queue.finished()
        summary.recordFailure(target, error)
        if (summary.stopped) queue.stop()
      }
    }
  }
}

/** An unreachable dedicated database fails at once, so that it does not delay the others. */
const shouldRetry = (error: unknown, target: TargetVersion) =>
  isRetryableMigrationError(error) || (TargetUnreachable.is(error) && !target.dedicatedDatabase)
