import { desc, eq } from 'drizzle-orm'
import { checkFleet } from '#tenancy/checks/doctor'
import { verifyFleet } from '#tenancy/migrations/verify'
import { newId, privateName } from '#tenancy/base/ids'
import { platform } from '#tenancy/registry/placements'
import { checkRuns, type Violation } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

export type CheckRun = typeof checkRuns.$inferSelect
type Kind = CheckRun['kind']

const looks: Record<
  Kind,
  (tenancy: Tenancy) => Promise<{ targets: number; violations: Violation[] }>
> = {
  doctor: async (tenancy) => {
    const { targets, findings } = await checkFleet(tenancy)
    return { targets: targets.length, violations: findings }
  },
  drift: async (tenancy) => {
    const { targets, drift } = await verifyFleet(tenancy)
    const why = ({ expected, found }: (typeof drift)[number]) =>
      expected === null
        ? `it should not be there: ${found}`
        : found === null
          ? `it is missing: ${expected}`
          : `expected ${expected}, found ${found}`
    return {
      targets,
      violations: drift.map((one) => ({
        check: 'drift',
        target: one.target,
        object: one.object,
        why: why(one),
      })),
    }
  },
}

/**
 * Looks at every database now, by the doctor's invariants or against the migrations, and keeps what
 * was found.
 */
export async function runChecks(tenancy: Tenancy, kind: Kind, by: string): Promise<CheckRun> {
  const began = performance.now()
  const { targets, violations } = await looks[kind](tenancy)
  const [made] = await platform(tenancy)
    .insert(checkRuns)
    .values({
      id: newId(),
      kind,
      by,
      targets,
      violations,
      tookMs: Math.round(performance.now() - began),
    })
    .returning()
  if (!made) throw new Error('an checkRun was not kept')
  return made
}

/** What was found the last time; undefined when nobody has looked yet. */
export async function lastCheckRun(tenancy: Tenancy, kind: Kind): Promise<CheckRun | undefined> {
  const [last] = await platform(tenancy)
    .select()
    .from(checkRuns)
    .where(eq(checkRuns.kind, kind))
    .orderBy(desc(checkRuns.at))
    .limit(1)
  return last
}

/**
 * Those of these tenants whose id, schema or database is named by what the doctor found the last
 * time.
 */
export async function violationsIn(tenancy: Tenancy, tenantIds: string[]): Promise<Set<string>> {
  const found =
    (await lastCheckRun(tenancy, 'doctor'))?.violations
      .map(({ target, object, why }) => `${target} ${object} ${why}`)
      .join('\n') ?? ''
  return new Set(tenantIds.filter((id) => found.includes(id) || found.includes(privateName(id))))
}

const everyMs = 3_600_000

/** The doctor's rounds: one an hour, whichever worker comes first. */
export async function runChecksWhenDue(tenancy: Tenancy): Promise<void> {
  const last = await lastCheckRun(tenancy, 'doctor')
  if (!last || Date.now() - last.at.getTime() > everyMs)
    await runChecks(tenancy, 'doctor', 'worker')
}
