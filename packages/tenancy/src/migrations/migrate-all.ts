import { TargetUnreachable } from '#tenancy/migrations/errors'
import { timings } from '#tenancy/base/timings'
import { applyPending } from '#tenancy/migrations/apply'
import type { MainConnection, DatabaseLocation } from '#tenancy/migrations/connections'
import { dedicatedDatabaseLocations } from '#tenancy/migrations/dedicated-databases'
import type { Histories } from '#tenancy/migrations/history'
import { migrateTarget, recordTimings } from '#tenancy/migrations/migrate-target'
import { backoffMs } from '#tenancy/base/backoff'
import { isRetryable } from '#tenancy/migrations/retryable'
import { Queue } from '#tenancy/migrations/work-queue'
import type { RunSummary } from '#tenancy/migrations/run-summary'
import type { TargetVersion } from '#tenancy/migrations/targets'
import type { Tenancy } from '#tenancy/base/tenancy'

export type MigrateOptions = { tries?: number; lockTimeoutMs?: number; signal?: AbortSignal }

/** Why a run ended early when its signal did it. */
export const askedToStop = 'it was asked to stop'

/**
 * Migrates targets, as many at a time as the workers has connections. One that can not have its locks
 * comes again later, with a longer pause each time, while the others go on. Nothing is thrown: the
 * summary knows who is done and who failed.
 */
export async function migrateAll(
  tenancy: Tenancy,
  targets: TargetVersion[],
  workers: MainConnection[],
  summary: RunSummary,
  histories: Histories,
  effort: MigrateOptions,
): Promise<void> {
  const {
    tries: maxTries = 6,
    lockTimeoutMs: timeoutMs = timings.migrationLockWait,
    signal,
  } = effort
  const places = targets.some(({ dedicatedDatabase }) => dedicatedDatabase)
    ? await dedicatedDatabaseLocations(tenancy)
    : new Map<string, DatabaseLocation>()
  const queue = new Queue(targets)
  const times = new Map<string, number>()
  const halt = () => {
    summary.stop(askedToStop)
    queue.stop()
  }
  signal?.addEventListener('abort', halt)
  if (signal?.aborted) halt()
  const context = { tenancy, histories, places, queue, times, summary, maxTries, timeoutMs }
  await Promise.all(workers.map((main) => runWorker(context, main)))
  signal?.removeEventListener('abort', halt)
  const [main] = workers
  if (main && times.size > 0)
    await recordTimings(
      await main.use(),
      times,
      histories.tenant.map(({ tag }) => tag),
    )
}

/** What the workers of one call share. `times`: how long each schema took, in milliseconds. */
type WorkerContext = {
  tenancy: Tenancy
  histories: Histories
  places: Map<string, DatabaseLocation>
  queue: Queue<TargetVersion>
  times: Map<string, number>
  summary: RunSummary
  maxTries: number
  timeoutMs: number
}

/** Migrates one target of the queue after the other, until none is left. */
async function runWorker(context: WorkerContext, main: MainConnection): Promise<void> {
  const { tenancy, histories, places, queue, times, summary, maxTries, timeoutMs } = context
  for (let item = await queue.take(); item; item = await queue.take()) {
    const { value: target, tries } = item
    const files = histories.tenant.filter(({ tag }) => target.lacks.includes(tag))
    const started = performance.now()
    try {
      const applied = await migrateTarget(
        tenancy,
        main,
        target,
        places.get(target.tenantId ?? ''),
        (client) =>
          applyPending(client, files, { schema: target.schema, target: target.name, timeoutMs }),
        tries >= maxTries,
      )
      queue.finished()
      if (!target.dedicatedDatabase) times.set(target.schema, performance.now() - started)
      if (applied.length > 0) summary.recordDone(target.name)
      else summary.recordDoneByOtherRun(target.name)
    } catch (error) {
      if (shouldRetry(error, target) && tries < maxTries && !queue.stopped) {
        queue.putBack(item, backoffMs(tries, { firstMs: 200, maxMs: 10_000 }))
        summary.reportWaiting(target.name, error)
      } else {
        queue.finished()
        summary.recordFailure(target, error)
        if (summary.stopped) queue.stop()
      }
    }
  }
}

/** The main database comes back; a tenant's own that is not there holds up nobody. */
const shouldRetry = (error: unknown, target: TargetVersion) =>
  isRetryable(error) || (TargetUnreachable.is(error) && !target.dedicatedDatabase)
