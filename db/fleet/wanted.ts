import { sql } from 'drizzle-orm'
import { runFleetJob } from '#db/fleet/runs'
import { platform } from '#db/registry'

/**
 * Makes the fleet runs that were asked for on the console, one at a time. A run of the command line is begun by the command itself,
 * which gets a head start; one whose maker has died is taken over, and goes on with what is left.
 */
export async function runWanted(stopping: AbortSignal): Promise<void> {
  for (let id = await take(); id !== undefined && !stopping.aborted; id = await take()) {
    await runFleetJob(id, { signal: stopping }).catch((error: unknown) => console.error(`fleet run ${id}: ${String(error)}`)) // the row says it too
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
