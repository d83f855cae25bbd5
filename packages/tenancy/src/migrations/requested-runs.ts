import { eq, sql } from 'drizzle-orm'
import { askedToStop } from '#tenancy/migrations/migrate-all'
import { runFleetJob } from '#tenancy/migrations/runs'
import { platform } from '#tenancy/registry/placements'
import { migrationFailures, migrationRuns } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

/**
 * Makes the fleet runs that were asked for on the console, one at a time. A run of the command line
 * is begun by the command itself, which gets a head start; one whose maker has died is taken over,
 * and one whose worker was asked to stop is handed back: both go on with what is left.
 */
export async function processRequestedRuns(tenancy: Tenancy, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const id = await take(tenancy)
    if (id === undefined) return
    try {
      const { message } = await runFleetJob(tenancy, id, { signal: stopping })
      if (message === askedToStop) await handBack(tenancy, id)
    } catch (error) {
      tenancy.config.logger.error({ run: id, error: String(error) }, 'fleet run failed') // the row says it too
    }
  }
}

async function take(tenancy: Tenancy): Promise<string | undefined> {
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

/** A run that ended with its worker, and not by anybody's wish, is asked for again. */
const handBack = (tenancy: Tenancy, id: string): Promise<void> =>
  platform(tenancy).transaction(async (tx) => {
    await tx.delete(migrationFailures).where(eq(migrationFailures.runId, id))
    await tx
      .update(migrationRuns)
      .set({ state: 'requested', message: '', endedAt: null })
      .where(eq(migrationRuns.id, id))
  })
