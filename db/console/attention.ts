import { and, desc, eq, gte, inArray, isNull, sql } from 'drizzle-orm'
import { lastExamination } from '#db/doctor/examinations'
import { readStatus } from '#db/fleet/status'
import { platform } from '#db/registry'
import { supportAccesses } from '#db/schema/console'
import { migrationRuns, moves, tenants } from '#db/schema/platform'

export type Concern = { grave: boolean; what: string; why: string; at: Date | null; href: string }

const weekMs = 7 * 86_400_000

/** What an operator should look at, the grave first. */
export async function readConcerns(): Promise<{
  concerns: Concern[]
  fleet: Awaited<ReturnType<typeof readStatus>>
}> {
  const db = platform()
  const since = new Date(Date.now() - weekMs)
  const [fleet, doctor, drift, waiting, [run], visits] = await Promise.all([
    readStatus(),
    lastExamination('doctor'),
    lastExamination('drift'),
    db
      .select({
        id: moves.id,
        tenant: tenants.name,
        state: moves.state,
        error: moves.error,
        at: moves.changedAt,
        until: moves.graceUntil,
      })
      .from(moves)
      .innerJoin(tenants, eq(tenants.id, moves.tenantId))
      .where(
        and(
          inArray(moves.state, ['switched', 'aborted']),
          gte(moves.changedAt, since),
          sql`(${moves.state} = 'switched' or ${moves.error} is not null and ${moves.abortBy} is null)`,
        ),
      )
      .orderBy(desc(moves.changedAt))
      .limit(20),
    db.select().from(migrationRuns).orderBy(desc(migrationRuns.requestedAt)).limit(1),
    db
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
      .limit(20),
  ])
  const off = fleet.targets.filter(({ state }) => state !== 'current')
  const concerns: Concern[] = []
  for (const examination of [doctor, drift]) {
    if (examination && examination.offenders.length > 0)
      concerns.push({
        grave: true,
        what: `${examination.kind === 'doctor' ? 'The doctor found' : 'Drift:'} ${examination.offenders.length} ${examination.offenders.length === 1 ? 'offender' : 'offenders'}`,
        why: examination.offenders[0]?.why ?? '',
        at: examination.at,
        href: '/console/doctor',
      })
  }
  if (off.length > 0)
    concerns.push({
      grave: off.some(({ state }) => state !== 'behind'),
      what: `${off.length} of ${fleet.total} targets are not at this build’s version`,
      why: off
        .slice(0, 3)
        .map(({ name, state }) => `${name} is ${state}`)
        .join(', '),
      at: null,
      href: '/console/fleet',
    })
  if (run && ['failed', 'stopped'].includes(run.state))
    concerns.push({
      grave: true,
      what: `The last fleet run ${run.state === 'stopped' ? 'was stopped' : 'failed'}${run.failed > 0 ? `, with ${run.failed} ${run.failed === 1 ? 'failure' : 'failures'}` : ''}`,
      why: run.message,
      at: run.endedAt,
      href: `/console/fleet/runs/${run.id}`,
    })
  for (const move of waiting) {
    concerns.push(
      move.state === 'aborted'
        ? {
            grave: true,
            what: `The move of ${move.tenant} failed`,
            why: move.error ?? '',
            at: move.at,
            href: `/console/moves/${move.id}`,
          }
        : {
            grave: false,
            what: `The move of ${move.tenant} waits to be confirmed`,
            why: 'The old copy is kept until then.',
            at: move.at,
            href: `/console/moves/${move.id}`,
          },
    )
  }
  for (const visit of visits)
    concerns.push({
      grave: false,
      what: `Support is inside ${visit.tenant}${visit.writes ? ', and may write' : ''}`,
      why: visit.reason,
      at: visit.at,
      href: `/console/tenants/${visit.slug}`,
    })
  return { concerns: concerns.sort((a, b) => Number(b.grave) - Number(a.grave)), fleet }
}
