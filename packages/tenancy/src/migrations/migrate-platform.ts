import type pg from 'pg'
import { type Tenancy } from '#tenancy/base/tenancy'
import { bringUpToDate } from '#tenancy/migrations/apply'
import { asOwner, mainDatabase } from '#tenancy/migrations/connections'
import { applyEngineMigrations } from '#tenancy/migrations/engine-migrations'
import { refreshEngine } from '#tenancy/migrations/functions'
import { readHistories, type Migration } from '#tenancy/migrations/history'

/**
 * The first part of every run: the engine's tables, the platform's, then the functions and grants
 * of the main database. Out: whether there was anything to do.
 */
export async function applyPlatformMigrations(
  tenancy: Tenancy,
  client: pg.Client,
  history: Migration[],
): Promise<boolean> {
  const engine = await applyEngineMigrations(client, 'main')
  const applied = await bringUpToDate(client, 'platform', history)
  const refreshed = await refreshEngine(tenancy, client, 'main')
  return refreshed || applied.length > 0 || engine.length > 0
}

/**
 * The same on a connection of its own. Throws MigrationFailed, MigrationChanged or SchemaTooNew.
 */
export const migratePlatform = (tenancy: Tenancy) =>
  asOwner(tenancy, mainDatabase, 'platform', async (client) =>
    applyPlatformMigrations(tenancy, client, (await readHistories(tenancy)).platform),
  )
