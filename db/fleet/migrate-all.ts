import { TargetUnreachable } from '#db/errors'
import { applyPending, lockTimeoutMs } from '#db/fleet/apply'
import type { MainConnection, Place } from '#db/fleet/connections'
import { placesElsewhere } from '#db/fleet/elsewhere'
import type { Histories } from '#db/fleet/history'
import { migrateOne, noteTimes } from '#db/fleet/one'
import { mayPass, pauseMs } from '#db/fleet/passing'
import { Queue } from '#db/fleet/queue'
import type { Tally } from '#db/fleet/tally'
import type { TargetState } from '#db/fleet/targets'

export type Effort = { tries?: number; lockTimeoutMs?: number; signal?: AbortSignal }

/** Why a run ended early when its signal did it. */
export const askedToStop = 'it was asked to stop'

/**
 * Migrates targets, as many at a time as the crew has connections. One that can not have its locks
 * comes again later, with a longer pause each time, while the others go on. Nothing is thrown: the
 * tally knows who is done and who failed.
 */
export async function migrateAll(
  targets: TargetState[],
  crew: MainConnection[],
  tally: Tally,
  histories: Histories,
  effort: Effort,
): Promise<void> {
  const { tries: most = 6, lockTimeoutMs: timeoutMs = lockTimeoutMs, signal } = effort
  const places = targets.some(({ elsewhere }) => elsewhere)
    ? await placesElsewhere()
    : new Map<string, Place>()
  const queue = new Queue(targets)
  const times = new Map<string, number>()
  const halt = () => {
    tally.stop(askedToStop)
    queue.stop()
  }
  signal?.addEventListener('abort', halt)
  if (signal?.aborted) halt()
  await Promise.all(
    crew.map(async (main) => {
      for (let item = await queue.take(); item; item = await queue.take()) {
        const { value: target, tries } = item
        const files = histories.tenant.filter(({ tag }) => target.lacks.includes(tag))
        const started = performance.now()
        try {
          const applied = await migrateOne(
            main,
            target,
            places.get(target.tenantId ?? ''),
            (client) => applyPending(client, target.schema, target.name, files, timeoutMs),
            tries >= most,
          )
          queue.finished()
          if (!target.elsewhere) times.set(target.schema, performance.now() - started)
          if (applied.length > 0) tally.done(target.name)
          else tally.overtaken(target.name)
        } catch (error) {
          if (again(error, target) && tries < most && !queue.stopped) {
            queue.putBack(item, pauseMs(tries))
            tally.waiting(target.name, error)
          } else {
            queue.finished()
            tally.fail(target, error)
            if (tally.stopped) queue.stop()
          }
        }
      }
    }),
  )
  signal?.removeEventListener('abort', halt)
  const [main] = crew
  if (main && times.size > 0)
    await noteTimes(
      await main.use(),
      times,
      histories.tenant.map(({ tag }) => tag),
    )
}

/** The main database comes back; a tenant's own that is not there holds up nobody. */
const again = (error: unknown, target: TargetState) =>
  mayPass(error) || (error instanceof TargetUnreachable && !target.elsewhere)
