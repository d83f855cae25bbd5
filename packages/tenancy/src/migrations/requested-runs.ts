import { eq, sql } from 'drizzle-orm'
import { runFleetJob } from '#tenancy/migrations/runs'
import { platform } from '#tenancy/registry/placements'
import { migrationFailures, migrationRuns } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

/**
 * Executes requested fleet runs, one at a time. Waits two seconds before it takes a run, so that
 * the requesting command can take it, and takes over runs without a heartbeat for ten minutes. A
 * run that the worker's shutdown interrupts is requested again and continues in the next worker.
 * @param stopping - Aborted when the worker shuts down.
 */
export async function processRequestedRuns(tenancy: Tenancy, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const id = await leaseRun(tenancy)
    if (id === undefined) return
    try {
      const { stopReason } = await runFleetJob(tenancy, id, { signal: stopping })
      if (stopReason === 'signal') await requestAgain(tenancy, id)
    } catch (error) {
      tenancy.config.logger.error({ run: id, error: String(error) }, 'fleet run failed') // also recorded in the row
    }
  }
}

async function leaseRun(tenancy: Tenancy): Promise<string | undefined> {
  const { rows } = await platform(tenancy).execute<{ id: string }>(sql`
    update tenancy.migration_runs set state = 'running', seen_at = clock_timestamp()
    where id = (
      select id from tenancy.migration_runs
      where (state = 'requested' and requested_at < clock_timestamp() - interval '2 seconds')
        or (state = 'running' and seen_at < clock_timestamp() - interval '10 minutes')
      order by requested_at limit 1
      for update skip locked
    )
    returning id`)
  return rows[0]?.id
}

const requestAgain = (tenancy: Tenancy, id: string): Promise<void> =>
  platform(tenancy).transaction(async (tx) => {
    await tx.delete(migrationFailures).where(eq(migrationFailures.runId, id))
    await tx
      .update(migrationRuns)
      .set({ state: 'requested', message: '', endedAt: null })
      .where(eq(migrationRuns.id, id))
  })
