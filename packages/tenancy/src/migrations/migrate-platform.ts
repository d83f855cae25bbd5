import type pg from 'pg'
import { type Tenancy } from '#tenancy/base/tenancy'
import { bringUpToDate } from '#tenancy/migrations/apply'
import { asOwner, mainDatabase } from '#tenancy/migrations/connections'
import { applyEngineMigrations } from '#tenancy/migrations/engine-migrations'
import { refreshEngine } from '#tenancy/migrations/functions'
import { readHistories, type Migration } from '#tenancy/migrations/history'

/**
 * Migrates the main database to this build: the engine's tables, the platform's tables, then
 * functions and grants. Every fleet run begins with it.
 * @param client - A connection that acts as the owner.
 * @param history - The platform history.
 * @returns True if anything was changed.
 * @throws MigrationFailed, MigrationChanged or SchemaTooNew
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
 * Migrates the main database to this build, on a new connection.
 * @param tenancy - The instance.
 * @returns True if anything was changed.
 * @throws MigrationFailed, MigrationChanged, SchemaTooNew or TargetUnreachable
 */
export const migratePlatform = (tenancy: Tenancy) =>
  asOwner(tenancy, mainDatabase, 'platform', async (client) =>
    applyPlatformMigrations(tenancy, client, (await readHistories(tenancy)).platform),
  )
