import { and, desc, eq, inArray, sql } from 'drizzle-orm'
import { Invalid } from '#tenancy/base/errors'
import { newId } from '#tenancy/base/ids'
import { type PlatformDb, type Tenancy } from '#tenancy/base/tenancy'
import { platform } from '#tenancy/registry/placements'
import { needsConfirmation, previewRetention } from '#tenancy/data/retention/preview'
import { retentionRules, retentionRuns } from '#tenancy/base/schema'

export type RetentionRun = typeof retentionRuns.$inferSelect

/**
 * The run that a tenant is in, or a new one: what it may delete is written down now and never
 * changes. It waits for a yes when it would take too large a part of a table. Throws ClocksDiffer.
 */
export async function planRetentionRun(tenancy: Tenancy, tenantId: string): Promise<RetentionRun> {
  const db = platform(tenancy)
  const known = await currentRetentionRun(db, tenantId)
  if (known) return known
  const steps = await previewRetention(tenancy, tenantId)
  const state = steps.every(({ rows }) => rows === 0)
    ? 'done'
    : needsConfirmation(steps)
      ? 'waiting'
      : 'running'
  const [made] = await db
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
  return made ?? planRetentionRun(tenancy, tenantId) // somebody else was quicker
}

/** The owner's yes or no to a run that waits. Throws Invalid when it does not wait any more. */
export async function decideRetentionRun(
  db: PlatformDb,
  tenantId: string,
  runId: string,
  yes: boolean,
  by: string,
): Promise<RetentionRun> {
  const [row] = await db
    .update(retentionRuns)
    .set({
      state: yes ? 'running' : 'dismissed',
      decidedAt: sql`clock_timestamp()`,
      decidedBy: by,
      ...(!yes && { endedAt: sql`clock_timestamp()` }),
    })
    .where(
      and(
        eq(retentionRuns.id, runId),
        eq(retentionRuns.tenantId, tenantId),
        eq(retentionRuns.state, 'waiting'),
      ),
    )
    .returning()
  if (!row) throw new Invalid('run', 'this run does not wait for an answer any more')
  return row
}

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

export const listRetentionRuns = (
  db: PlatformDb,
  tenantId: string,
  most = 10,
): Promise<RetentionRun[]> =>
  db
    .select()
    .from(retentionRuns)
    .where(eq(retentionRuns.tenantId, tenantId))
    .orderBy(desc(retentionRuns.plannedAt))
    .limit(most)

/**
 * Tenants with rules. With `dueOnly` those alone that had no run for a day, or are in the middle of
 * one.
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
