import { desc, eq, sql } from 'drizzle-orm'
import { NotFound } from '#tenancy/base/errors'
import { runFleet, type FleetOptions } from '#tenancy/migrations/run-migrations'
import type { FleetResult, MigrationProgress } from '#tenancy/migrations/run-summary'
import { newId } from '#tenancy/base/ids'
import { platform } from '#tenancy/registry/placements'
import { migrationFailures, migrationRuns } from '#tenancy/base/schema'
import { z } from 'zod'
import type { Tenancy } from '#tenancy/base/tenancy'

/** The options of a run that the console sends and its row stores. */
export const runOptions = z
  .object({
    canary: z.array(z.string()).optional(),
    batches: z.array(z.number().positive().max(100)).optional(),
    concurrency: z.number().int().min(1).max(64).optional(),
    maxFailures: z.number().int().min(1).optional(),
    limit: z.number().int().min(1).optional(),
    to: z.string().optional(),
    tries: z.number().int().min(1).max(20).optional(),
    lockTimeoutMs: z.number().int().min(1).optional(),
  })
  .strict()

export type RunOptions = z.infer<typeof runOptions>

/**
 * Requests a run. A worker or the calling command executes it.
 * @param tenancy - The instance.
 * @param by - The name of the requester.
 * @param options - The options of the run, which its row stores.
 * @returns The id of the run.
 */
export async function requestRun(
  tenancy: Tenancy,
  by: string,
  options: RunOptions,
): Promise<string> {
  const id = newId()
  await platform(tenancy)
    .insert(migrationRuns)
    .values({ id, requestedBy: by, options: runOptions.parse(options) })
  return id
}

/**
 * Reads a run with its failures.
 * @throws NotFound
 */
export async function readRun(tenancy: Tenancy, id: string) {
  const [run] = await platform(tenancy).select().from(migrationRuns).where(eq(migrationRuns.id, id))
  if (!run) throw new NotFound('fleet run')
  const failures = await platform(tenancy)
    .select()
    .from(migrationFailures)
    .where(eq(migrationFailures.runId, id))
    .orderBy(migrationFailures.target)
  return { ...run, failures }
}

/**
 * Lists the latest runs, newest first.
 * @param tenancy - The instance.
 * @param limit - The maximum number of runs.
 * @returns The runs.
 */
export const listRuns = (
  tenancy: Tenancy,
  limit: number,
): Promise<(typeof migrationRuns.$inferSelect)[]> =>
  platform(tenancy)
    .select()
    .from(migrationRuns)
    .orderBy(desc(migrationRuns.requestedAt))
    .limit(limit)

/**
 * Executes a requested run, and records its progress and result in its row. After a crash it can be
 * called again and continues with the targets that are left.
 * @param tenancy - The instance.
 * @param id - The id of the run.
 * @param extra - The options that a row cannot store.
 * @returns The result of the run.
 * @throws NotFound, and everything that `runFleet` throws.
 */
export async function runFleetJob(
  tenancy: Tenancy,
  id: string,
  extra: Pick<FleetOptions, 'signal' | 'histories' | 'onProgress'> = {},
): Promise<FleetResult> {
  const { options } = await readRun(tenancy, id)
  await updateRun(tenancy, id, {
    state: 'running',
    startedAt: sql`coalesce(${migrationRuns.startedAt}, now())`,
    message: '',
  })
  const progress = new Throttled((now: MigrationProgress) =>
    updateRun(tenancy, id, {
      batch: now.batch,
      targets: now.targets,
      done: now.done,
      failed: now.failed.length,
    }),
  )
  try {
    const result = await runFleet(tenancy, {
      ...(runOptions.parse(options) as FleetOptions),
      ...extra,
      onProgress: (now) => {
        progress.put(now)
        extra.onProgress?.(now)
      },
    })
    await progress.end()
    await recordFailures(tenancy, id, result)
    await updateRun(tenancy, id, {
      state: result.state,
      targets: result.targets,
      done: result.done.length + result.byOthers,
      failed: result.failed.length,
      message: result.message,
      endedAt: sql`now()`,
    })
    return result
  } catch (error) {
    await progress.end()
    await updateRun(tenancy, id, {
      state: 'failed',
      message: error instanceof Error ? error.message : String(error),
      endedAt: sql`now()`,
    })
    throw error
  }
}

type RunChange = {
  [K in keyof typeof migrationRuns.$inferInsert]?:
    (typeof migrationRuns.$inferInsert)[K] | ReturnType<typeof sql>
}

const updateRun = async (tenancy: Tenancy, id: string, change: RunChange) => {
  await platform(tenancy)
    .update(migrationRuns)
    .set({ ...change, seenAt: sql`now()` } as never)
    .where(eq(migrationRuns.id, id))
}

async function recordFailures(
  tenancy: Tenancy,
  runId: string,
  { failed }: FleetResult,
): Promise<void> {
  if (failed.length === 0) return
  await platform(tenancy)
    .insert(migrationFailures)
    .values(failed.map((failure) => ({ runId, ...failure })))
    .onConflictDoUpdate({
      target: [migrationFailures.runId, migrationFailures.target],
      set: {
        at: sql`excluded.at`,
        migration: sql`excluded.migration`,
        statement: sql`excluded.statement`,
        code: sql`excluded.code`,
        message: sql`excluded.message`,
      },
    })
}

/** Writes the latest value, at most four times a second and never twice at once. */
class Throttled<T> {
  #next: T | undefined
  #running: Promise<void> | undefined
  readonly #write: (value: T) => Promise<void>
  constructor(write: (value: T) => Promise<void>) {
    this.#write = write
  }

  put(value: T): void {
    this.#next = value
    this.#running ??= this.#drain().finally(() => (this.#running = undefined))
  }

  /** Resolves once every value is written or replaced by a later one. */
  async end(): Promise<void> {
    await this.#running
  }

  async #drain(): Promise<void> {
    while (this.#next !== undefined) {
      const value = this.#next
      this.#next = undefined
      await this.#write(value).catch(() => {}) // a lost update of the progress must not stop the run
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}
