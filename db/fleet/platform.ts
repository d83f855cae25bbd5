import type pg from 'pg'
import { bringUpToDate } from '#db/fleet/apply'
import { asOwner, mainPlace } from '#db/fleet/connections'
import { inMainDatabase, refreshFunctions } from '#db/fleet/functions'
import { readHistory, type Migration } from '#db/fleet/history'

/**
 * The first part of every run: the platform's tables, then the functions and grants of the main
 * database. Out: whether there was anything to do.
 */
export async function bringPlatformOn(client: pg.Client, history: Migration[]): Promise<boolean> {
  const applied = await bringUpToDate(client, 'platform', history)
  return (await refreshFunctions(client, inMainDatabase)) || applied.length > 0
}

/**
 * The same on a connection of its own. Throws MigrationFailed, MigrationChanged or SchemaTooNew.
 */
export const bringPlatform = () =>
  asOwner(mainPlace, 'platform', async (client) =>
    bringPlatformOn(client, await readHistory('platform')),
  )
