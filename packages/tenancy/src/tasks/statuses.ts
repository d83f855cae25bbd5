import { hostname } from 'node:os'
import { asc, max, sql } from 'drizzle-orm'
import { tasks } from '#tenancy/base/schema'
import type { PlatformDb, Tenancy } from '#tenancy/base/tenancy'
import { platform } from '#tenancy/registry/placements'
import type { TaskStatus } from '#tenancy/tasks/task'

const worker = `${hostname()}:${process.pid}`

/** Stores the status of this worker's tasks. The latest run and failure of all workers are kept. */
export async function storeStatuses(
  tenancy: Tenancy,
  statuses: readonly TaskStatus[],
): Promise<void> {
  const at = (ms: number | null) => (ms === null ? null : new Date(ms))
  const excluded = (column: string) => sql.raw(`excluded.${column}`)
  if (statuses.length === 0) return
  await platform(tenancy)
    .insert(tasks)
    .values(
      statuses
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)) // one lock order for all workers
        .map(({ endedAt, failedAt, nextRunAt, ...status }) => ({
          ...status,
          worker,
          reportedAt: sql`clock_timestamp()`,
          endedAt: at(endedAt),
          failedAt: at(failedAt),
          nextRunAt: at(nextRunAt),
        })),
    )
    .onConflictDoUpdate({
      target: tasks.name,
      set: {
        everyMs: excluded('every_ms'),
        worker: excluded('worker'),
        reportedAt: excluded('reported_at'),
        endedAt: sql`greatest(${tasks.endedAt}, excluded.ended_at)`,
        tookMs: sql`coalesce(excluded.took_ms, ${tasks.tookMs})`,
        failedAt: sql`greatest(${tasks.failedAt}, excluded.failed_at)`,
        failures: excluded('failures'),
        error: sql`coalesce(excluded.error, ${tasks.error})`,
        nextRunAt: excluded('next_run_at'),
      },
    })
}

/**
 * Finds out whether a worker runs. Workers report every few seconds.
 * @param db - A connection of the platform login.
 * @returns How many seconds ago a worker reported; null if none ever has.
 */
export async function secondsSinceWorker(db: PlatformDb): Promise<number | null> {
  const [row] = await db
    .select({
      seconds: sql<
        number | null
      >`extract(epoch from clock_timestamp() - ${max(tasks.reportedAt)})::float8`,
    })
    .from(tasks)
  return row?.seconds ?? null
}

/**
 * Tells a worker that is being restarted from one that is missing.
 * @param seconds - The result of `secondsSinceWorker`.
 * @returns True if no worker has reported for three minutes.
 */
export const isWorkerMissing = (seconds: number | null): boolean =>
  seconds === null || seconds > 180

/**
 * Lists the tasks as the workers last reported them.
 * @param db - A connection of the platform login.
 * @returns One row per task, ordered by name.
 */
export const listTasks = (db: PlatformDb): Promise<(typeof tasks.$inferSelect)[]> =>
  db.select().from(tasks).orderBy(asc(tasks.name))
