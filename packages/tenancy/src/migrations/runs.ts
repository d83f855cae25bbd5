import { desc, eq, sql } from 'drizzle-orm'
import { NotFound } from '#tenancy/base/errors'
import { runFleet, type FleetOptions } from '#tenancy/migrations/run-migrations'
import type { FleetResult, Progress } from '#tenancy/migrations/run-summary'
import { newId } from '#tenancy/base/ids'
import { platform } from '#tenancy/registry/placements'
import { migrationFailures, migrationRuns } from '#tenancy/base/schema'
import { z } from 'zod'
import type { Tenancy } from '#tenancy/base/tenancy'

/** What a run may be asked for: what a row keeps and the console sends. */
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

/** Writes a run down, for the worker or the command that makes it. Returns its id. */
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

/** A run with those who failed in it, for whoever follows it. Throws NotFound. */
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

/** The last runs, the newest first. */
export const listRuns = (
  tenancy: Tenancy,
  most: number,
): Promise<(typeof migrationRuns.$inferSelect)[]> =>
  platform(tenancy)
    .select()
    .from(migrationRuns)
    .orderBy(desc(migrationRuns.requestedAt))
    .limit(most)

/**
 * Makes the run that a row asks for and writes its progress there. A worker may call it again after
 * a crash: what is done is done, and the rest follows. Out: how it ended, which the row says as
 * well. Throws what `runFleet` throws, and NotFound.
 */
export async function runFleetJob(
  tenancy: Tenancy,
  id: string,
  extra: Pick<FleetOptions, 'signal' | 'histories' | 'onProgress'> = {},
): Promise<FleetResult> {
  const { options } = await readRun(tenancy, id)
  await write(tenancy, id, {
    state: 'running',
    startedAt: sql`coalesce(${migrationRuns.startedAt}, now())`,
    message: '',
  })
  const progress = new Throttled((now: Progress) =>
    write(tenancy, id, {
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
    await keepFailures(tenancy, id, result)
    await write(tenancy, id, {
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
    await write(tenancy, id, {
      state: 'failed',
      message: error instanceof Error ? error.message : String(error),
      endedAt: sql`now()`,
    })
    throw error
  }
}

type Change = {
  [K in keyof typeof migrationRuns.$inferInsert]?:
    (typeof migrationRuns.$inferInsert)[K] | ReturnType<typeof sql>
}

const write = async (tenancy: Tenancy, id: string, change: Change) => {
  await platform(tenancy)
    .update(migrationRuns)
    .set({ ...change, seenAt: sql`now()` } as never)
    .where(eq(migrationRuns.id, id))
}

async function keepFailures(
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

/** Writes the newest value, at most four times a second and never two at once. */
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

  /**
   * When everything put so far is written or replaced. A progress that could not be written is no
   * reason to stop a run.
   */
  async end(): Promise<void> {
    await this.#running
  }

  async #drain(): Promise<void> {
    while (this.#next !== undefined) {
      const value = this.#next
      this.#next = undefined
      await this.#write(value).catch(() => {}) // the next one will say more
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}
