import { hostname } from 'node:os'
import { asc, sql } from 'drizzle-orm'
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
 * Lists the tasks as the workers last reported them.
 * @param db - A connection of the platform login.
 * @returns One row per task, ordered by name.
 */
export const listTasks = (db: PlatformDb): Promise<(typeof tasks.$inferSelect)[]> =>
  db.select().from(tasks).orderBy(asc(tasks.name))
