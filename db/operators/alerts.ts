import { and, desc, eq, gte, inArray, isNull, sql } from 'drizzle-orm'
import { isWorkerMissing, secondsSinceWorker } from '@rowhouse/tenancy/admin'
import { lastCheckRun } from '@rowhouse/tenancy/checks'
import { readStatus } from '@rowhouse/tenancy/migrations'
import { platform, tenancy } from '#db/tenancy'
import { supportAccesses } from '#db/schema/console'
import { migrationRuns, moves, tenants } from '@rowhouse/tenancy/schema'

export type Alert = { critical: boolean; what: string; why: string; at: Date | null; href: string }

type FleetStatus = Awaited<ReturnType<typeof readStatus>>

const weekMs = 7 * 86_400_000

/**
 * One reader per kind of alert. Alerts of the same severity are shown in this order. All readers share
 * one promise of the fleet's status, so that it is read once.
 */
const alertReaders: ((fleet: Promise<FleetStatus>) => Promise<Alert[]>)[] = [
  missingWorker,
  () => checkViolations('doctor'),
  () => checkViolations('drift'),
  outdatedTargets,
  failedFleetRun,
  openMoves,
  activeSupportAccesses,
]

/** Reads what needs an operator's attention, critical alerts first. */
export async function readAlerts(): Promise<{ alerts: Alert[]; fleet: FleetStatus }> {
  const status = readStatus(tenancy())
  const [fleet, ...alerts] = await Promise.all([
    status,
    ...alertReaders.map((read) => read(status)),
  ])
  return {
    alerts: alerts.flat().sort((a, b) => Number(b.critical) - Number(a.critical)),
    fleet,
  }
}

async function missingWorker(): Promise<Alert[]> {
  const seconds = await secondsSinceWorker(platform())
  if (!isWorkerMissing(seconds)) return []
  return [
    {
      critical: true,
      what: 'No worker is running',
      why: 'No email is sent, and no move, export or erasure runs, until one is started (npm run worker).',
      at: seconds === null ? null : new Date(Date.now() - seconds * 1000),
      href: '/console/jobs',
    },
  ]
}

async function checkViolations(kind: 'doctor' | 'drift'): Promise<Alert[]> {
  const checkRun = await lastCheckRun(tenancy(), kind)
  if (!checkRun || checkRun.violations.length === 0) return []
  const { violations, at } = checkRun
  return [
    {
      critical: true,
      what: `${kind === 'doctor' ? 'The doctor found' : 'Drift:'} ${violations.length} ${violations.length === 1 ? 'violation' : 'violations'}`,
      why: violations[0]?.why ?? '',
      at,
      href: '/console/doctor',
    },
  ]
}

async function outdatedTargets(status: Promise<FleetStatus>): Promise<Alert[]> {
  const fleet = await status
  const outdated = fleet.targets.filter(({ state }) => state !== 'current')
  if (outdated.length === 0) return []
  return [
    {
      critical: outdated.some(({ state }) => state !== 'behind'),
      what: `${outdated.length} of ${fleet.total} targets are not at this build’s version`,
      why: outdated
        .slice(0, 3)
        .map(({ name, state }) => `${name} is ${state}`)
        .join(', '),
      at: null,
      href: '/console/fleet',
    },
  ]
}

async function failedFleetRun(): Promise<Alert[]> {
  const [run] = await platform()
    .select()
    .from(migrationRuns)
    .orderBy(desc(migrationRuns.requestedAt))
    .limit(1)
  if (!run || !['failed', 'stopped'].includes(run.state)) return []
  return [
    {
      critical: true,
      what: `The last fleet run ${run.state === 'stopped' ? 'was stopped' : 'failed'}${run.failed > 0 ? `, with ${run.failed} ${run.failed === 1 ? 'failure' : 'failures'}` : ''}`,
      why: run.message,
      at: run.endedAt,
      href: `/console/fleet/runs/${run.id}`,
    },
  ]
}

/** Moves of the last seven days that failed or await confirmation. */
async function openMoves(): Promise<Alert[]> {
  const rows = await platform()
    .select({
      id: moves.id,
      tenant: tenants.name,
      state: moves.state,
      error: moves.error,
      at: moves.changedAt,
    })
    .from(moves)
    .innerJoin(tenants, eq(tenants.id, moves.tenantId))
    .where(
      and(
        inArray(moves.state, ['switched', 'aborted']),
        gte(moves.changedAt, new Date(Date.now() - weekMs)),
        sql`(${moves.state} = 'switched' or ${moves.error} is not null and ${moves.abortBy} is null)`,
      ),
    )
    .orderBy(desc(moves.changedAt))
    .limit(20)
  return rows.map(({ id, tenant, state, error, at }) => ({
    ...(state === 'aborted'
      ? { critical: true, what: `The move of ${tenant} failed`, why: error ?? '' }
      : {
          critical: false,
          what: `The move of ${tenant} waits to be confirmed`,
          why: 'The old copy is kept until then.',
        }),
    at,
    href: `/console/moves/${id}`,
  }))
}

async function activeSupportAccesses(): Promise<Alert[]> {
  const rows = await platform()
    .select({
      tenant: tenants.name,
      slug: tenants.slug,
      at: supportAccesses.startedAt,
      reason: supportAccesses.reason,
      writes: supportAccesses.writes,
    })
    .from(supportAccesses)
    .innerJoin(tenants, eq(tenants.id, supportAccesses.tenantId))
    .where(and(isNull(supportAccesses.endedAt), sql`${supportAccesses.expiresAt} > now()`))
    .limit(20)
  return rows.map(({ tenant, slug, at, reason, writes }) => ({
    critical: false,
    what: `Support is inside ${tenant}${writes ? ', and may write' : ''}`,
    why: reason,
    at,
    href: `/console/tenants/${slug}`,
  }))
}
