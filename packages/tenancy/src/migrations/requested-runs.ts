import { eq, sql } from 'drizzle-orm'
import { askedToStop } from '#db/fleet/migrate-all'
import { runFleetJob } from '#db/fleet/runs'
import { platform } from '#db/registry'
import { migrationFailures, migrationRuns } from '#db/schema/platform'

/**
 * Makes the fleet runs that were asked for on the console, one at a time. A run of the command line
 * is begun by the command itself, which gets a head start; one whose maker has died is taken over,
 * and one whose worker was asked to stop is handed back: both go on with what is left.
 */
export async function runWanted(stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const id = await take()
    if (id === undefined) return
    try {
      const { message } = await runFleetJob(id, { signal: stopping })
      if (message === askedToStop) await handBack(id)
    } catch (error) {
      console.error(`fleet run ${id}: ${String(error)}`) // the row says it too
    }
  }
}

async function take(): Promise<string | undefined> {
  const { rows } = await platform().execute<{ id: string }>(sql`
    update platform.migration_runs set state = 'running', seen_at = clock_timestamp()
    where id = (
      select id from platform.migration_runs
      where (state = 'requested' and requested_at < clock_timestamp() - interval '2 seconds')
        or (state = 'running' and seen_at < clock_timestamp() - interval '10 minutes')
      order by requested_at limit 1
      for update skip locked
    )
    returning id`)
  return rows[0]?.id
}

/** A run that ended with its worker, and not by anybody's wish, is asked for again. */
const handBack = (id: string): Promise<void> =>
  platform().transaction(async (tx) => {
    await tx.delete(migrationFailures).where(eq(migrationFailures.runId, id))
    await tx
      .update(migrationRuns)
      .set({ state: 'requested', message: '', endedAt: null })
      .where(eq(migrationRuns.id, id))
  })
