import { desc, eq } from 'drizzle-orm'
import { checkFleet } from '#tenancy/checks/doctor'
import { verifyFleet } from '#tenancy/migrations/verify'
import { newId } from '#tenancy/base/ids'
import { platform } from '#tenancy/registry/placements'
import { checkRuns, type Violation } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

/** A stored run of a check. */
export type CheckRun = typeof checkRuns.$inferSelect
type Kind = CheckRun['kind']

const checks: Record<
  Kind,
  (tenancy: Tenancy) => Promise<{ targets: number; violations: Violation[]; notes: Violation[] }>
> = {
  doctor: async (tenancy) => {
    const { targets, findings, notes } = await checkFleet(tenancy, { drift: true })
    return { targets: targets.length, violations: findings, notes }
  },
  drift: async (tenancy) => {
    const { targets, drift } = await verifyFleet(tenancy)
    const why = ({ expected, found }: (typeof drift)[number]) =>
      expected === null
        ? `unexpected: ${found}`
        : found === null
          ? `missing: ${expected}`
          : `expected ${expected}, found ${found}`
    return {
      targets,
      notes: [],
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
 * Runs a check of all databases and stores the result.
 * @param tenancy - The instance.
 * @param kind - `doctor` checks the invariants, `drift` compares the schemas with the migrations.
 * @param by - Who runs it: an email address, a command or `worker`.
 * @returns The stored run.
 */
export async function runChecks(tenancy: Tenancy, kind: Kind, by: string): Promise<CheckRun> {
  const began = performance.now()
  const { targets, violations, notes } = await checks[kind](tenancy)
  const [made] = await platform(tenancy)
    .insert(checkRuns)
    .values({
      id: newId(),
      kind,
      by,
      targets,
      violations,
      notes,
      tookMs: Math.round(performance.now() - began),
    })
    .returning()
  if (!made) throw new Error('the check run was not stored')
  return made
}

/**
 * Reads the last run of a check.
 * @param tenancy - The instance.
 * @param kind - Which check.
 * @returns The run; undefined if there was none.
 */
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
 * Finds the tenants whose objects break an invariant, by the last run of the doctor.
 * @param tenancy - The instance.
 * @param tenantIds - The tenants in question.
 * @returns The ids of those with violations.
 */
export async function tenantsWithViolations(
  tenancy: Tenancy,
  tenantIds: readonly string[],
): Promise<Set<string>> {
  const { violations = [] } = (await lastCheckRun(tenancy, 'doctor')) ?? {}
  const affected = new Set(violations.map(({ tenantId }) => tenantId))
  return new Set(tenantIds.filter((id) => affected.has(id)))
}

const everyMs = 3_600_000

/**
 * Runs the doctor if its last run is more than an hour old.
 * @param tenancy - The instance.
 */
export async function runChecksWhenDue(tenancy: Tenancy): Promise<void> {
  const last = await lastCheckRun(tenancy, 'doctor')
  if (!last || Date.now() - last.at.getTime() > everyMs)
    await runChecks(tenancy, 'doctor', 'worker')
}
