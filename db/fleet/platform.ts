import type pg from 'pg'
import { bringUpToDate } from '#db/fleet/apply'
import { asOwner, mainPlace } from '#db/fleet/connections'
import { inMainDatabase, refreshFunctions } from '#db/fleet/functions'
import { readHistory, type Migration } from '#db/fleet/history'

/** The first part of every run: the platform's tables, then the functions and grants of the main database. */
export async function bringPlatformOn(client: pg.Client, history: Migration[]): Promise<void> {
  await bringUpToDate(client, 'platform', history)
  await refreshFunctions(client, inMainDatabase)
}

/** The same on a connection of its own. Throws MigrationFailed, MigrationChanged or SchemaTooNew. */
export const bringPlatform = () => asOwner(mainPlace, 'platform', async (client) => bringPlatformOn(client, await readHistory('platform')))
