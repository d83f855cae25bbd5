import { eq } from 'drizzle-orm'
import { recordAction } from '#tenancy/audit/record'
import { databaseOf, inDatabase, withConnection } from '#tenancy/base/connect'
import { decrypt } from '#tenancy/base/encryption'
import { TenantNotFound } from '#tenancy/base/errors'
import { isLive } from '#tenancy/base/move-states'
import { placements as placementTable, type Violation } from '#tenancy/base/schema'
import { type Tenancy } from '#tenancy/base/tenancy'
import { checkFleet } from '#tenancy/checks/doctor'
import type { Profile } from '#tenancy/migrations/profile'
import { refuseOldLayout } from '#tenancy/migrations/startup-check'
import { verifyFleet, type Verification } from '#tenancy/migrations/verify'
import { MoveUnderWay } from '#tenancy/moves/errors'
import type { MoveActionRequest } from '#tenancy/moves/move-actions'
import { latestMove } from '#tenancy/moves/move-store'
import { registerHome } from '#tenancy/placements/provision'
import { readPlacements } from '#tenancy/registry/placements'
import { EncryptionKeyMismatch, NothingRestored } from '#tenancy/restore/errors'
import { decisionsOf, type Decision } from '#tenancy/restore/decisions'
import { repairDatabase, type Repair, type RepairOptions } from '#tenancy/restore/repair-database'
import { repairServer } from '#tenancy/restore/repair-server'

/** The result of `restoreCheck`. The restore is complete if `findings` and `drift` are empty. */
export type RestoreReport = {
  repairs: Repair[]
  decisions: Decision[]
  findings: Violation[]
  drift: Verification['drift']
  targets: number
}

/**
 * Repairs what a dump does not carry, on the main server: roles with their settings and passwords, owners,
 * rights, the template database, signing keys and the functions of this build. Then runs the doctor and
 * compares every target with its migrations. Changes nothing that is in place, and never a tenant's rows.
 * @param tenancy - The instance.
 * @param options.adminUrl - The URL of an administrator, which names the restored main database.
 * @param options.profile - Declares the profile of every database, for a server where the administrator has
 *   other privileges than where the backup was made.
 * @returns What was repaired, what is left, and what an operator has to decide.
 * @throws NothingRestored, EncryptionKeyMismatch, OldLayout, ServerTooOld or HardeningIncomplete
 */
export async function restoreCheck(
  tenancy: Tenancy,
  { adminUrl, profile }: { adminUrl: string; profile?: Profile | undefined },
): Promise<RestoreReport> {
  await withConnection(adminUrl, refuseOldLayout)
  await checkRegistry(tenancy, adminUrl)
  const repairs = await repairServer(tenancy, adminUrl, profile)
  const repair = async (url: string, options: Omit<RepairOptions, 'profile'>) =>
    repairs.push(...(await repairDatabase(tenancy, url, { ...options, profile })))
  // the registry is readable to the platform login once the main database is repaired
  await repair(adminUrl, { scope: 'main', dedicated: [] })
  const placements = await readPlacements(tenancy)
  const onMainServer = placements.filter(({ server }) => server === null)
  await repair(adminUrl, {
    scope: 'main',
    dedicated: onMainServer.filter(({ kind }) => kind === 'schema'),
  })
  const databases = await tenantDatabases(adminUrl)
  for (const placement of onMainServer)
    if (placement.database && databases.has(placement.database))
      await repair(inDatabase(adminUrl, placement.database), {
        scope: 'dedicated',
        dedicated: [placement],
      })
  const { findings } = await checkFleet(tenancy)
  const { drift, targets } = await verifyFleet(tenancy)
  return {
    repairs,
    decisions: await decisionsOf(adminUrl, { placements, databases, findings }),
    findings,
    drift,
    targets,
  }
}

/**
 * Opens a tenant's home in the location that the registry names, under the registry's epoch: for a main
 * database and a tenant database that were restored from different times. The rows there stay as they are.
 * @param tenancy - The instance.
 * @param request - The tenant, and who asked for it.
 * @throws MoveUnderWay
 */
export async function reopenHome(
  tenancy: Tenancy,
  { tenantId, slug, actor }: MoveActionRequest,
): Promise<void> {
  const move = await latestMove(tenancy, tenantId)
  if (move && isLive(move.state)) throw new MoveUnderWay(slug, move.state)
  const [placement] = await readPlacements(tenancy, eq(placementTable.tenantId, tenantId))
  if (!placement) throw new TenantNotFound(slug)
  await registerHome(tenancy, tenantId, placement, placement.epoch)
  await recordAction(tenancy, {
    actor,
    action: 'tenant home reopened',
    tenantId,
    detail: { schema: placement.schema, epoch: placement.epoch },
  })
}

type Secret = { secret: string; context: string }

/** Reads the registry as the administrator, because our logins may not exist yet. */
async function checkRegistry(tenancy: Tenancy, adminUrl: string): Promise<void> {
  await withConnection(adminUrl, async (admin) => {
    const { rowCount } = await admin.query(
      `select where to_regclass('tenancy.placements') is not null`,
    )
    if (rowCount === 0) throw new NothingRestored(databaseOf(adminUrl))
    const { rows } = await admin.query<Secret>(`
      select secret, 'placement ' || tenant_id as context from tenancy.placements where secret is not null
      union all
      select migrator_secret, 'server ' || id || ' migrator' from tenancy.servers
      union all
      select worker_secret, 'server ' || id || ' worker' from tenancy.servers`)
    const failures = rows.flatMap(({ secret, context }) => {
      try {
        decrypt(tenancy, secret, context)
        return []
      } catch (error) {
        return [error instanceof Error ? error.message : String(error)]
      }
    })
    if (failures[0] !== undefined)
      throw new EncryptionKeyMismatch(failures.length, rows.length, failures[0])
  })
}

/** The names of the tenants' databases on the main server. */
async function tenantDatabases(adminUrl: string): Promise<Set<string>> {
  const { rows } = await withConnection(adminUrl, (admin) =>
    admin.query<{ name: string }>(
      `select datname as name from pg_catalog.pg_database where datname ~ '^t_[0-9a-f]{32}$'`,
    ),
  )
  return new Set(rows.map(({ name }) => name))
}
