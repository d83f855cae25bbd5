import { TargetUnreachable } from '#tenancy/migrations/errors'
import { applyPending, lockTimeoutMs } from '#tenancy/migrations/apply'
import type { MainConnection, Place } from '#tenancy/migrations/connections'
import { placesElsewhere } from '#tenancy/migrations/dedicated-databases'
import type { Histories } from '#tenancy/migrations/history'
import { migrateOne, noteTimes } from '#tenancy/migrations/migrate-target'
import { mayPass, pauseMs } from '#tenancy/migrations/retryable'
import { Queue } from '#tenancy/migrations/work-queue'
import type { Tally } from '#tenancy/migrations/run-summary'
import type { TargetState } from '#tenancy/migrations/targets'
import type { Tenancy } from '#tenancy/base/tenancy'

export type Effort = { tries?: number; lockTimeoutMs?: number; signal?: AbortSignal }

/** Why a run ended early when its signal did it. */
export const askedToStop = 'it was asked to stop'

/**
 * Migrates targets, as many at a time as the crew has connections. One that can not have its locks
 * comes again later, with a longer pause each time, while the others go on. Nothing is thrown: the
 * tally knows who is done and who failed.
 */
export async function migrateAll(
  tenancy: Tenancy,
  targets: TargetState[],
  crew: MainConnection[],
  tally: Tally,
  histories: Histories,
  effort: Effort,
): Promise<void> {
  const { tries: maxTries = 6, lockTimeoutMs: timeoutMs = lockTimeoutMs, signal } = effort
  const places = targets.some(({ elsewhere }) => elsewhere)
    ? await placesElsewhere(tenancy)
    : new Map<string, Place>()
  const queue = new Queue(targets)
  const times = new Map<string, number>()
  const halt = () => {
    tally.stop(askedToStop)
    queue.stop()
  }
  signal?.addEventListener('abort', halt)
  if (signal?.aborted) halt()
  const batch = { tenancy, histories, places, queue, times, tally, maxTries, timeoutMs }
  await Promise.all(crew.map((main) => runWorker(batch, main)))
  signal?.removeEventListener('abort', halt)
  const [main] = crew
  if (main && times.size > 0)
    await noteTimes(
      await main.use(),
      times,
      histories.tenant.map(({ tag }) => tag),
    )
}

/** What the workers of one call share. `times`: how long each schema took, in milliseconds. */
type Batch = {
  tenancy: Tenancy
  histories: Histories
  places: Map<string, Place>
  queue: Queue<TargetState>
  times: Map<string, number>
  tally: Tally
  maxTries: number
  timeoutMs: number
}

/** Migrates one target of the queue after the other, until none is left. */
async function runWorker(batch: Batch, main: MainConnection): Promise<void> {
  const { tenancy, histories, places, queue, times, tally, maxTries, timeoutMs } = batch
  for (let item = await queue.take(); item; item = await queue.take()) {
    const { value: target, tries } = item
    const files = histories.tenant.filter(({ tag }) => target.lacks.includes(tag))
    const started = performance.now()
    try {
      const applied = await migrateOne(
        tenancy,
        main,
        target,
        places.get(target.tenantId ?? ''),
        (client) => applyPending(client, target.schema, target.name, files, timeoutMs),
        tries >= maxTries,
      )
      queue.finished()
      if (!target.elsewhere) times.set(target.schema, performance.now() - started)
      if (applied.length > 0) tally.done(target.name)
      else tally.overtaken(target.name)
    } catch (error) {
      if (isRetryable(error, target) && tries < maxTries && !queue.stopped) {
        queue.putBack(item, pauseMs(tries))
        tally.waiting(target.name, error)
      } else {
        queue.finished()
        tally.fail(target, error)
        if (tally.stopped) queue.stop()
      }
    }
  }
}

/** The main database comes back; a tenant's own that is not there holds up nobody. */
const isRetryable = (error: unknown, target: TargetState) =>
  mayPass(error) || (TargetUnreachable.is(error) && !target.elsewhere)
