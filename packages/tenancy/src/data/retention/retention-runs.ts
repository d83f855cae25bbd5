import { and, desc, eq, inArray, sql } from 'drizzle-orm'
import { Invalid } from '#tenancy/base/errors'
import { newId } from '#tenancy/base/ids'
import { type PlatformDb, type Tenancy } from '#tenancy/base/tenancy'
import { platform } from '#tenancy/registry/placements'
import { needsConfirmation, previewRetention } from '#tenancy/data/retention/preview'
import { retentionRules, retentionRuns, type RetentionStep } from '#tenancy/base/schema'

export type RetentionRun = typeof retentionRuns.$inferSelect

/**
 * Plans a retention run. The plan fixes which rows may be deleted. A run that would delete too
 * large a share of a table awaits confirmation.
 * @returns The new run, or the one that is waiting or running.
 * @throws ClocksDiffer
 */
export async function planRetentionRun(tenancy: Tenancy, tenantId: string): Promise<RetentionRun> {
  const db = platform(tenancy)
  const current = await currentRetentionRun(db, tenantId)
  if (current) return current
  const steps = await previewRetention(tenancy, tenantId)
  const state = initialState(steps)
  const [created] = await db
    .insert(retentionRuns)
    .values({
      id: newId(),
      tenantId,
      steps,
      state,
      ...(state === 'done' && { endedAt: sql`clock_timestamp()` }),
    })
    .onConflictDoNothing()
    .returning()
  return created ?? planRetentionRun(tenancy, tenantId) // another worker was first
}

function initialState(steps: RetentionStep[]): RetentionRun['state'] {
  if (steps.every(({ rows }) => rows === 0)) return 'done'
  return needsConfirmation(steps) ? 'waiting' : 'running'
}

/**
 * Confirms or dismisses a run that awaits confirmation.
 * @param db - The platform database, or a transaction on it.
 * @param decision - `by` is the name of the owner or operator.
 * @returns The decided run.
 * @throws Invalid when the run does not await confirmation.
 */
export async function decideRetentionRun(
  db: PlatformDb,
  {
    tenantId,
    runId,
    confirm,
    by,
  }: { tenantId: string; runId: string; confirm: boolean; by: string },
): Promise<RetentionRun> {
  const [row] = await db
    .update(retentionRuns)
    .set({
      state: confirm ? 'running' : 'dismissed',
      decidedAt: sql`clock_timestamp()`,
      decidedBy: by,
      ...(!confirm && { endedAt: sql`clock_timestamp()` }),
    })
    .where(
      and(
        eq(retentionRuns.id, runId),
        eq(retentionRuns.tenantId, tenantId),
        eq(retentionRuns.state, 'waiting'),
      ),
    )
    .returning()
  if (!row) throw new Invalid('run', 'this run no longer awaits confirmation')
  return row
}

/**
 * Reads a tenant's open retention run.
 * @param db - The platform database, or a transaction on it.
 * @param tenantId - The tenant's id.
 * @returns The run that is waiting or running, if there is one.
 */
export async function currentRetentionRun(
  db: PlatformDb,
  tenantId: string,
): Promise<RetentionRun | undefined> {
  const [row] = await db
    .select()
    .from(retentionRuns)
    .where(
      and(
        eq(retentionRuns.tenantId, tenantId),
        inArray(retentionRuns.state, ['waiting', 'running']),
      ),
    )
  return row
}

/**
 * Lists the latest retention runs of a tenant, newest first.
 * @param db - The platform database, or a transaction on it.
 * @param tenantId - The tenant's id.
 * @param limit - The maximum number of runs.
 * @returns The runs.
 */
export const listRetentionRuns = (
  db: PlatformDb,
  tenantId: string,
  limit = 10,
): Promise<RetentionRun[]> =>
  db
    .select()
    .from(retentionRuns)
    .where(eq(retentionRuns.tenantId, tenantId))
    .orderBy(desc(retentionRuns.plannedAt))
    .limit(limit)

/**
 * Lists the tenants that have retention rules.
 * @param tenancy - The instance.
 * @param dueOnly - Leaves out tenants that had a run in the last day and are not in one.
 * @returns The ids of the tenants.
 */
export async function tenantsWithRules(tenancy: Tenancy, dueOnly: boolean): Promise<string[]> {
  const rows = await platform(tenancy)
    .selectDistinct({ id: retentionRules.tenantId })
    .from(retentionRules)
    .where(
      dueOnly
        ? sql`
    not exists (select from tenancy.retention_runs as r where r.tenant_id = ${retentionRules.tenantId} and r.planned_at > clock_timestamp() - interval '23 hours')
    or exists (select from tenancy.retention_runs as r where r.tenant_id = ${retentionRules.tenantId} and r.state = 'running')`
        : undefined,
    )
  return rows.map(({ id }) => id)
}
