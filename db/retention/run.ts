import { and, eq, sql } from 'drizzle-orm'
import { withTenant, type TenantTx } from '#db/door'
import { RowhouseError } from '#db/errors'
import { refuseOnHold } from '#db/holds'
import { platform } from '#db/registry'
import { epochHere } from '#db/retention/preview'
import { ageing } from '#db/retention/rules'
import { plan, tenantsWithRules, type RetentionRun } from '#db/retention/runs'
import { retentionRuns, type RetentionStep } from '#db/schema/platform'
import { activity } from '#db/schema/tenant'

const batch = 500

/**
 * One tenant's run: planned if there is none, carried out if it waits for nobody. It deletes the
 * very rows that its plan counted and no other, in small transactions inside the tenant. What is
 * gone is written in the tenant's own trail by the same transaction, so a run that was killed goes
 * on where it stood. Throws OnHold, ClocksDiffer.
 */
export async function runRetentionOf(tenantId: string): Promise<RetentionRun> {
  await refuseOnHold(platform(), tenantId)
  const run = await plan(tenantId)
  if (run.state !== 'running') return run
  const gone = await deletedSoFar(run)
  const steps = run.steps.map((step) => ({ ...step, deleted: gone[step.table] ?? 0 }))
  for (const step of steps) {
    while (step.deleted < step.rows) {
      await refuseOnHold(platform(), tenantId)
      const deleted = await deleteBatch(run, step)
      if (deleted === 0) break
      step.deleted += deleted
      await platform().update(retentionRuns).set({ steps }).where(eq(retentionRuns.id, run.id))
    }
  }
  const [done] = await platform()
    .update(retentionRuns)
    .set({ steps, state: 'done', endedAt: sql`clock_timestamp()` })
    .where(and(eq(retentionRuns.id, run.id), eq(retentionRuns.state, 'running')))
    .returning()
  return done ?? run
}

/**
 * Every tenant with rules, one after the other; a tenant that cannot be done now is named and the
 * rest go on.
 */
export async function runRetention({
  dueOnly = true,
  stopping,
}: { dueOnly?: boolean; stopping?: AbortSignal } = {}): Promise<{
  runs: RetentionRun[]
  problems: { tenantId: string; problem: string }[]
}> {
  const runs: RetentionRun[] = []
  const problems: { tenantId: string; problem: string }[] = []
  for (const tenantId of await tenantsWithRules(dueOnly)) {
    if (stopping?.aborted) break
    await runRetentionOf(tenantId).then(
      (run) => runs.push(run),
      (error: unknown) => {
        problems.push({
          tenantId,
          problem:
            error instanceof RowhouseError ? error.message : 'something went wrong on our side',
        })
        if (!(error instanceof RowhouseError)) console.error(`retention of ${tenantId}:`, error)
      },
    )
  }
  return { runs, problems }
}

const inside = <T>({ id, tenantId }: RetentionRun, work: (tx: TenantTx) => Promise<T>) =>
  withTenant({ kind: 'service', tenantId, reason: `Retention ${id}` }, work)

/** The 64-bit number of the transaction that wrote a row; the row itself keeps the lower half. */
const writer = sql`(select (f - case when f >= c then 4294967296 else 0 end)::text::xid8 from (select c, (c >> 32 << 32) + xmin::text::bigint as f from (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as c) as now) as full_number)`

function deleteBatch(
  run: RetentionRun,
  { tenantId, epoch, table, before, seen, rows, deleted }: RetentionStep,
): Promise<number> {
  const by = ageing.find((one) => one.table === table)?.by
  if (!by) return Promise.resolve(0)
  const [name, age] = [sql.identifier(table), sql.identifier(by)]
  return inside(run, async (tx) => {
    // a row that came, or was changed, after the plan is not in it; nor is one of a tenant, or of a
    // place, that the plan was not made for
    const old = sql`tenant_id = ${tenantId} and ${epoch} = ${epochHere} and ${age} < ${before}::timestamptz and pg_visible_in_snapshot(${writer}, ${seen}::pg_snapshot)`
    const { rowCount } = await tx.execute(sql`
      delete from ${name}
      where ${old} and ctid = any(array(select ctid from ${name} where ${old} limit ${Math.min(batch, rows - deleted)}))`)
    const gone = rowCount ?? 0
    if (gone > 0) await note(tx, run.id, table, deleted + gone)
    return gone
  })
}

async function note(tx: TenantTx, runId: string, table: string, deleted: number): Promise<void> {
  const detail = JSON.stringify({ [table]: deleted })
  await tx
    .insert(activity)
    .values({
      tenantId: tx.tenantId,
      id: runId,
      actor: 'Retention',
      deed: 'retention.ran',
      subject: 'old rows',
      detail: { [table]: deleted },
    })
    .onConflictDoUpdate({
      target: [activity.tenantId, activity.id],
      set: { detail: sql`${activity.detail} || ${detail}::jsonb` },
    })
}

async function deletedSoFar(run: RetentionRun): Promise<Record<string, number>> {
  const [found] = await inside(run, (tx) =>
    tx
      .select({ detail: activity.detail })
      .from(activity)
      .where(and(eq(activity.tenantId, tx.tenantId), eq(activity.id, run.id))),
  )
  return Object.fromEntries(
    Object.entries(found?.detail ?? {}).map(([table, count]) => [table, Number(count)]),
  )
}
