import { and, eq, sql } from 'drizzle-orm'
import { withTenant } from '#tenancy/context/with-tenant'
import type { DataStep } from '#tenancy/migrations/data-steps/data-step'
import { readHistories } from '#tenancy/migrations/history'
import { WorkQueue } from '#tenancy/migrations/work-queue'
import { readTargets } from '#tenancy/migrations/targets'
import { platformPool } from '#tenancy/registry/pools'
import { platform } from '#tenancy/registry/placements'
import { dataSteps, placements, tenants } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

export type StepTenant = { id: string; slug: string; target: string }
export type DataStepProgress = {
  step: string
  tenants: number
  done: number
  failed: number
  rows: number
}
export type DataStepResult = {
  step: string
  done: string[]
  failed: { tenant: string; message: string }[]
  rows: number
}
export type DataStepOptions = {
  tenant?: string
  concurrency?: number
  signal?: AbortSignal
  onProgress?: (progress: DataStepProgress) => void
}

/**
 * Runs a data step in every tenant that has not finished it: a few tenants at a time, batch by
 * batch. `tenancy.data_steps` stores the cursor of each tenant, so that a run continues where an
 * interrupted one stopped. A tenant that fails does not stop the others.
 * @param tenancy - The instance.
 * @param step - The step to run.
 * @param options - `tenant` is the slug of the only tenant to change. A run that `signal` stops
 *   continues with the next call.
 * @returns The slugs of the tenants that finished or failed now, and the number of changed rows.
 */
export async function runDataStep(
  tenancy: Tenancy,
  step: DataStep,
  { tenant, concurrency = 2, signal, onProgress }: DataStepOptions = {},
): Promise<DataStepResult> {
  const due = (await tenantsDue(tenancy, step)).filter(
    ({ slug }) => tenant === undefined || slug === tenant,
  )
  const notReady =
    step.needs === undefined ? new Set<string>() : await lackingTargets(tenancy, step.needs)
  const result: DataStepResult = { step: step.name, done: [], failed: [], rows: 0 }
  const queue = new WorkQueue(due)
  signal?.addEventListener('abort', () => queue.stop())
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let item = await queue.take(); item; item = await queue.take()) {
        const { id, slug, target } = item.value
        try {
          if (notReady.has(target))
            throw new Error(`${target} lacks migration ${step.needs}; run \`fleet migrate\` first`)
          const finished = await runInTenant(tenancy, step, id, {
            signal,
            onBatch: (rows) => (result.rows += rows),
          })
          if (finished) result.done.push(slug)
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error)
          result.failed.push({ tenant: slug, message })
          await recordProblem(tenancy, step, id, message)
        }
        queue.finished()
        onProgress?.({
          step: step.name,
          tenants: due.length,
          done: result.done.length,
          failed: result.failed.length,
          rows: result.rows,
        })
      }
    }),
  )
  return result
}

/** Returns false if another runner was faster, or the signal stopped this one before the end. */
async function runInTenant(
  tenancy: Tenancy,
  step: DataStep,
  tenantId: string,
  { signal, onBatch }: { signal: AbortSignal | undefined; onBatch: (rows: number) => void },
): Promise<boolean> {
  const ofTenant = and(eq(dataSteps.step, step.name), eq(dataSteps.tenantId, tenantId))
  await platform(tenancy)
    .insert(dataSteps)
    .values({ step: step.name, tenantId })
    .onConflictDoNothing()
  const [found] = await platform(tenancy).select().from(dataSteps).where(ofTenant)
  let after = found?.cursor ?? null
  while (!signal?.aborted) {
    const { cursor, rows } = await withTenant(
      tenancy,
      { kind: 'service', tenantId, reason: `data step ${step.name}` },
      (tx) => step.batch(tx, after),
    )
    const updated = await platform(tenancy)
      .update(dataSteps)
      .set({
        cursor,
        rows: sql`${dataSteps.rows} + ${rows}`,
        seenAt: sql`now()`,
        problem: null,
        endedAt: cursor === null ? sql`now()` : null,
      })
      .where(
        and(
          ofTenant,
          sql`${dataSteps.cursor} is not distinct from ${after}`,
          sql`${dataSteps.endedAt} is null`,
        ),
      )
      .returning({ step: dataSteps.step })
    if (updated.length === 0) return false
    onBatch(rows)
    if (cursor === null) return true
    after = cursor
  }
  return false
}

async function recordProblem(
  tenancy: Tenancy,
  step: DataStep,
  tenantId: string,
  problem: string,
): Promise<void> {
  await platform(tenancy)
    .insert(dataSteps)
    .values({ step: step.name, tenantId, problem })
    .onConflictDoUpdate({
      target: [dataSteps.step, dataSteps.tenantId],
      set: { problem, seenAt: sql`now()` },
    })
}

async function tenantsDue(tenancy: Tenancy, step: DataStep): Promise<StepTenant[]> {
  const rows = await platform(tenancy)
    .select({
      id: tenants.id,
      slug: tenants.slug,
      kind: placements.kind,
      endedAt: dataSteps.endedAt,
    })
    .from(tenants)
    .innerJoin(placements, eq(placements.tenantId, tenants.id))
    .leftJoin(dataSteps, and(eq(dataSteps.tenantId, tenants.id), eq(dataSteps.step, step.name)))
    .orderBy(tenants.slug)
  return rows
    .filter(({ endedAt }) => endedAt === null)
    .map(({ id, slug, kind }) => ({ id, slug, target: kind === 'shared' ? 'shared' : slug }))
}

async function lackingTargets(tenancy: Tenancy, migration: string): Promise<Set<string>> {
  const targets = await readTargets(platformPool(tenancy), await readHistories(tenancy))
  return new Set(
    targets
      .filter(({ plane, lacks }) => plane === 'tenant' && lacks.includes(migration))
      .map(({ name }) => name),
  )
}

/**
 * Counts, for each step, the tenants that have finished, started or failed it, and the changed
 * rows.
 * @param tenancy - The instance.
 * @param names - The names of the steps.
 * @returns One row for each step, in the order of `names`.
 */
export async function readDataSteps(tenancy: Tenancy, names: string[]) {
  const { rows } = await platformPool(tenancy).query<{
    step: string
    done: number
    begun: number
    failed: number
    rows: number
  }>(
    `select s.step, count(d.ended_at)::int as done, (count(d.step) - count(d.ended_at))::int as begun, count(d.problem)::int as failed, coalesce(sum(d.rows), 0)::float8 as rows
     from unnest($1::text[]) with ordinality as s (step, position)
     left join tenancy.data_steps as d on d.step = s.step
     group by s.step, s.position
     order by s.position`,
    [names],
  )
  return rows
}
