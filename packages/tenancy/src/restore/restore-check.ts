import { eq } from 'drizzle-orm'
import { recordAction } from '#tenancy/audit/record'
import { databaseOf, inDatabase, withConnection } from '#tenancy/base/connect'
import { decrypt } from '#tenancy/base/encryption'
import { TenantNotFound } from '#tenancy/base/errors'
import { tenantIdIn } from '#tenancy/base/ids'
import { endedMoveStates, isBeforeSwitch, isLive, type MoveState } from '#tenancy/base/move-states'
import { placements as placementTable, type Violation } from '#tenancy/base/schema'
import { type Tenancy } from '#tenancy/base/tenancy'
import { checkFleet } from '#tenancy/checks/doctor'
import { refuseOldLayout } from '#tenancy/migrations/startup-check'
import { verifyFleet, type Verification } from '#tenancy/migrations/verify'
import { MoveUnderWay } from '#tenancy/moves/errors'
import type { MoveActionRequest } from '#tenancy/moves/move-actions'
import { latestMove } from '#tenancy/moves/move-store'
import { registerHome } from '#tenancy/placements/provision'
import { readPlacements, type Placement } from '#tenancy/registry/placements'
import { EncryptionKeyMismatch, NothingRestored } from '#tenancy/restore/errors'
import { repairDatabase, type Repair } from '#tenancy/restore/repair-database'
import { repairServer } from '#tenancy/restore/repair-server'

/** Something that only an operator can decide, and the command for it. */
export type Decision = { tenant: string; what: string; todo: string }

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
 * @returns What was repaired, what is left, and what an operator has to decide.
 * @throws NothingRestored, EncryptionKeyMismatch, OldLayout or ServerTooOld
 */
export async function restoreCheck(
  tenancy: Tenancy,
  { adminUrl }: { adminUrl: string },
): Promise<RestoreReport> {
  await withConnection(adminUrl, refuseOldLayout)
  await checkRegistry(tenancy, adminUrl)
  const repairs = await repairServer(tenancy, adminUrl)
  const repair = async (url: string, options: Parameters<typeof repairDatabase>[2]) =>
    repairs.push(...(await repairDatabase(tenancy, url, options)))
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

type LiveMove = { tenant: string; tenant_id: string; state: MoveState }

async function decisionsOf(
  adminUrl: string,
  {
    placements,
    databases,
    findings,
  }: { placements: Placement[]; databases: Set<string>; findings: Violation[] },
): Promise<Decision[]> {
  const { moves, slugs } = await withConnection(adminUrl, async (admin) => ({
    moves: (
      await admin.query<LiveMove>(
        `select t.slug as tenant, m.tenant_id, m.state
         from tenancy.moves as m
         join tenancy.tenants as t on t.id = m.tenant_id
         where m.state <> all ($1)
         order by t.slug`,
        [endedMoveStates],
      )
    ).rows,
    slugs: new Map(
      (
        await admin.query<{ id: string; slug: string }>('select id, slug from tenancy.tenants')
      ).rows.map(({ id, slug }) => [id, slug]),
    ),
  }))
  const slugOf = (id: string) => slugs.get(id) ?? id
  const missing = placements
    .filter(({ server, database }) => server === null && database && !databases.has(database))
    .map(({ tenantId, database }) => ({
      tenant: slugOf(tenantId),
      what: `its database ${database} was not restored`,
      todo: `restore its dump with pg_restore -C, then run restore-check again`,
    }))
  const elsewhere = placements.flatMap(({ tenantId, server }) =>
    server
      ? [
          {
            tenant: slugOf(tenantId),
            what: `its database is on ${server.host}:${server.port}, which this restore does not contain`,
            todo: `if the original deployment still runs, both use that database: start no app and no worker here`,
          },
        ]
      : [],
  )
  const known = new Set([
    ...placements.map(({ database }) => database),
    // a move that has not ended may have a copy there
    ...moves.map(({ tenant_id }) => `t_${tenant_id.replaceAll('-', '')}`),
  ])
  const unknown = [...databases]
    .filter((name) => !known.has(name))
    .map((name) => ({
      tenant: slugOf(tenantIdIn(name) ?? name),
      what: `the database ${name} belongs to no placement: the registry is older or newer than that dump`,
      todo: `compare its rows with the tenant's placement (tenant show), keep a dump of it, then drop database ${name}`,
    }))
  const moving = new Set(moves.map(({ tenant }) => tenant))
  const otherHome = findings
    .filter(({ check, object }) => check === 'registry' && !moving.has(slugOf(object)))
    .map(({ object, why }) => ({
      tenant: slugOf(object),
      what: why,
      todo: `if the rows there are the ones to keep: restore-check --reopen ${slugOf(object)}; otherwise restore both databases from the same time`,
    }))
  return [
    ...otherHome,
    ...missing,
    ...elsewhere,
    ...unknown,
    ...moves.map(({ tenant, state }) => ({
      tenant,
      what: `a move was ${state} when the backup was made`,
      todo: nextStep(tenant, state),
    })),
  ]
}

function nextStep(tenant: string, state: MoveState): string {
  if (isBeforeSwitch(state)) return `tenant move ${tenant} --abort, then start a worker`
  if (state === 'switched') return `tenant move ${tenant} --confirm or --rollback`
  return 'start a worker, which ends it'
}
