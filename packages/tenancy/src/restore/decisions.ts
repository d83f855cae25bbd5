import { databaseOf, withConnection } from '#tenancy/base/connect'
import { tenantIdIn } from '#tenancy/base/ids'
import { endedMoveStates, isBeforeSwitch, type MoveState } from '#tenancy/base/move-states'
import type { Violation } from '#tenancy/base/schema'
import type { Placement } from '#tenancy/registry/placements'

/** Something that only an operator can decide. `subject` is a tenant's slug, or a database. */
export type Decision = { subject: string; what: string; todo: string }

type LiveMove = { tenant: string; tenant_id: string; state: MoveState }

/**
 * Lists what only an operator can decide: moves that were under way, databases that were not restored or
 * belong to no placement, homes that differ from the registry, and a profile that the server cannot have.
 */
export async function decisionsOf(
  adminUrl: string,
  {
    placements,
    databases,
    findings,
  }: { placements: Placement[]; databases: Set<string>; findings: Violation[] },
): Promise<Decision[]> {
  const { moves, slugs, cannotHarden } = await withConnection(adminUrl, async (admin) => ({
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
    cannotHarden:
      (
        await admin.query(
          `select from tenancy.installation where profile = 'hardened' and exists (select from tenancy.open_functions())`,
        )
      ).rowCount === 1,
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
      subject: slugOf(tenantId),
      what: `its database ${database} was not restored`,
      todo: `restore its dump with pg_restore -C, then run restore-check again`,
    }))
  const elsewhere = placements.flatMap(({ tenantId, server }) =>
    server
      ? [
          {
            subject: slugOf(tenantId),
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
      subject: slugOf(tenantIdIn(name) ?? name),
      what: `the database ${name} belongs to no placement: the registry is older or newer than that dump`,
      todo: `compare its rows with the tenant's placement (tenant show), keep a dump of it, then drop database ${name}`,
    }))
  const moving = new Set(moves.map(({ tenant }) => tenant))
  const otherHome = findings
    .filter(({ check, object }) => check === 'registry' && !moving.has(slugOf(object)))
    .map(({ object, why }) => ({
      subject: slugOf(object),
      what: why,
      todo: `if the rows there are the ones to keep: restore-check --reopen ${slugOf(object)}; otherwise restore both databases from the same time`,
    }))
  const profile = cannotHarden
    ? [
        {
          subject: databaseOf(adminUrl),
          what: 'it was hardened where the backup was made, and this administrator may not revoke built-in functions',
          todo: 'restore-check --profile managed, which accepts that they stay open, or run restore-check as a superuser',
        },
      ]
    : []
  return [
    ...profile,
    ...otherHome,
    ...missing,
    ...elsewhere,
    ...unknown,
    ...moves.map(({ tenant, state }) => ({
      subject: tenant,
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
