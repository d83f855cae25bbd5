import { and, eq, sql } from 'drizzle-orm'
import { withTenant } from '#tenancy/context/with-tenant'
import { type TenantTx } from '#tenancy/base/tenant-tx'
import { RowhouseError } from '#tenancy/base/errors'
import { refuseOnHold } from '#tenancy/data/holds'
import { platform } from '#tenancy/registry/placements'
import { currentEpoch } from '#tenancy/data/retention/preview'
import { retentionColumns } from '#tenancy/data/retention/rules'
import {
  planRetentionRun,
  tenantsWithRules,
  type RetentionRun,
} from '#tenancy/data/retention/retention-runs'
import { retentionRuns, type RetentionStep } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

const batch = 500

/**
 * Plans a tenant's retention run, and executes it unless it awaits confirmation. It deletes only
 * rows that the plan counted, in small transactions inside the tenant. Each transaction calls
 * `onRetention` and stores its progress, so that a killed run continues where it stopped.
 * @param tenancy - The instance.
 * @param tenantId - The tenant's id.
 * @returns The run, in its latest state.
 * @throws OnHold
 * @throws ClocksDiffer
 */
export async function runRetentionFor(tenancy: Tenancy, tenantId: string): Promise<RetentionRun> {
  await refuseOnHold(platform(tenancy), tenantId)
  const run = await planRetentionRun(tenancy, tenantId)
  if (run.state !== 'running') return run
  const progress = await readProgress(tenancy, run)
  const steps = run.steps.map((step) => ({
    ...step,
    deleted: Math.max(step.deleted, progress[step.table] ?? 0),
  }))
  for (const step of steps) {
    while (step.deleted < step.rows) {
      await refuseOnHold(platform(tenancy), tenantId)
      const deleted = await deleteBatch(tenancy, run, step)
      if (deleted === 0) break
      step.deleted += deleted
      await platform(tenancy)
        .update(retentionRuns)
        .set({ steps })
        .where(eq(retentionRuns.id, run.id))
    }
  }
  const [done] = await platform(tenancy)
    .update(retentionRuns)
    .set({ steps, state: 'done', endedAt: sql`clock_timestamp()` })
    .where(and(eq(retentionRuns.id, run.id), eq(retentionRuns.state, 'running')))
    .returning()
  await deleteProgress(tenancy, run)
  return done ?? run
}

/**
 * Runs retention for every tenant with rules, one after another. A tenant that fails does not stop
 * the rest.
 * @param tenancy - The instance.
 * @param options - `dueOnly` skips tenants that had a run in the last day.
 * @returns The runs, and the tenants that failed.
 */
export async function runRetention(
  tenancy: Tenancy,
  { dueOnly = true, stopping }: { dueOnly?: boolean; stopping?: AbortSignal } = {},
): Promise<{
  runs: RetentionRun[]
  problems: { tenantId: string; problem: string }[]
}> {
  const runs: RetentionRun[] = []
  const problems: { tenantId: string; problem: string }[] = []
  for (const tenantId of await tenantsWithRules(tenancy, dueOnly)) {
    if (stopping?.aborted) break
    await runRetentionFor(tenancy, tenantId).then(
      (run) => runs.push(run),
      (error: unknown) => {
        problems.push({
          tenantId,
          problem: RowhouseError.is(error) ? error.message : 'something went wrong on our side',
        })
        if (!RowhouseError.is(error))
          tenancy.config.logger.error({ tenantId, error: String(error) }, 'retention failed')
      },
    )
  }
  return { runs, problems }
}

const inside = <T>(
  tenancy: Tenancy,
  { id, tenantId }: RetentionRun,
  work: (tx: TenantTx) => Promise<T>,
) => withTenant(tenancy, { kind: 'service', tenantId, reason: `retention run ${id}` }, work)

/** The 64-bit id of the transaction that wrote a row: `xmin` holds only the lower half. */
const writerXid = sql`(select (f - case when f >= c then 4294967296 else 0 end)::text::xid8 from (select c, (c >> 32 << 32) + xmin::text::bigint as f from (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as c) as now) as full_number)`

function deleteBatch(
  tenancy: Tenancy,
  run: RetentionRun,
  { tenantId, epoch, table, before, seen, rows, deleted }: RetentionStep,
): Promise<number> {
  const column = retentionColumns(tenancy).find((one) => one.table === table)?.column
  if (!column) return Promise.resolve(0)
  const [name, age] = [sql.identifier(table), sql.identifier(column)]
  return inside(tenancy, run, async (tx) => {
    // Keeps rows that were inserted or changed after the plan. Matches no row in a tenant or
    // placement other than the plan's.
    const old = sql`tenant_id = ${tenantId} and ${epoch} = ${currentEpoch} and ${age} < ${before}::timestamptz and pg_visible_in_snapshot(${writerXid}, ${seen}::pg_snapshot)`
    const { rowCount } = await tx.execute(sql`
      delete from ${name}
      where ${old} and ctid = any(array(select ctid from ${name} where ${old} limit ${Math.min(batch, rows - deleted)}))`)
    const count = rowCount ?? 0
    if (count > 0)
      await recordProgress(tenancy, tx, { id: run.id, table, deleted: deleted + count })
    return count
  })
}

/** Stores the progress in the deleting transaction, so that it is never wrong. */
async function recordProgress(
  tenancy: Tenancy,
  tx: TenantTx,
  run: { id: string; table: string; deleted: number },
): Promise<void> {
  await tx.execute(sql`
    insert into tenancy.retention_progress (tenant_id, run_id, table_name, deleted)
    values (${tx.tenantId}, ${run.id}, ${run.table}, ${run.deleted})
    on conflict (tenant_id, run_id, table_name) do update set deleted = excluded.deleted`)
  await tenancy.config.onRetention?.(tx, run)
}

async function readProgress(tenancy: Tenancy, run: RetentionRun): Promise<Record<string, number>> {
  const { rows } = await inside(tenancy, run, (tx) =>
    tx.execute<{ table: string; deleted: string }>(
      sql`select table_name as table, deleted from tenancy.retention_progress where tenant_id = ${tx.tenantId} and run_id = ${run.id}`,
    ),
  )
  return Object.fromEntries(rows.map(({ table, deleted }) => [table, Number(deleted)]))
}

const deleteProgress = (tenancy: Tenancy, run: RetentionRun) =>
  inside(tenancy, run, (tx) =>
    tx.execute(
      sql`delete from tenancy.retention_progress where tenant_id = ${tx.tenantId} and run_id = ${run.id}`,
    ),
  )
