import { desc, eq, sql } from 'drizzle-orm'
import { NotFound } from '#db/errors'
import { runFleet, type FleetOptions } from '#db/fleet/run'
import type { FleetResult, Progress } from '#db/fleet/tally'
import { newId } from '#db/id'
import { platform } from '#db/registry'
import { migrationFailures, migrationRuns } from '#db/schema/platform'
import { z } from 'zod'

/** What a run may be asked for: what a row keeps and the console sends. */
export const runOptions = z
  .object({
    canary: z.array(z.string()).optional(),
    waves: z.array(z.number().positive().max(100)).optional(),
    concurrency: z.number().int().min(1).max(64).optional(),
    maxFailures: z.number().int().min(1).optional(),
    limit: z.number().int().min(1).optional(),
    to: z.string().optional(),
    tries: z.number().int().min(1).max(20).optional(),
    lockTimeoutMs: z.number().int().min(1).optional(),
  })
  .strict()

export type RunOptions = z.infer<typeof runOptions>

/** Asks for a fleet run, which a worker then makes. Returns its id. */
export async function requestRun(by: string, options: RunOptions): Promise<string> {
  const id = newId()
  await platform()
    .insert(migrationRuns)
    .values({ id, requestedBy: by, options: runOptions.parse(options) })
  return id
}

/** A run with those who failed in it, for whoever follows it. Throws NotFound. */
export async function readRun(id: string) {
  const [run] = await platform().select().from(migrationRuns).where(eq(migrationRuns.id, id))
  if (!run) throw new NotFound('fleet run')
  const failures = await platform()
    .select()
    .from(migrationFailures)
    .where(eq(migrationFailures.runId, id))
    .orderBy(migrationFailures.target)
  return { ...run, failures }
}

/** The last runs, the newest first. */
export const listRuns = (most: number): Promise<(typeof migrationRuns.$inferSelect)[]> =>
  platform().select().from(migrationRuns).orderBy(desc(migrationRuns.requestedAt)).limit(most)

/**
 * Makes the run that a row asks for and writes its progress there. A worker may call it again after
 * a crash: what is done is done, and the rest follows. Out: how it ended, which the row says as
 * well. Throws what `runFleet` throws, and NotFound.
 */
export async function runFleetJob(
  id: string,
  extra: Pick<FleetOptions, 'signal' | 'histories' | 'onProgress'> = {},
): Promise<FleetResult> {
  const { options } = await readRun(id)
  await write(id, {
    state: 'running',
    startedAt: sql`coalesce(${migrationRuns.startedAt}, now())`,
    message: '',
  })
  const progress = new Throttled((now: Progress) =>
    write(id, { wave: now.wave, targets: now.targets, done: now.done, failed: now.failed.length }),
  )
  try {
    const result = await runFleet({
      ...(runOptions.parse(options) as FleetOptions),
      ...extra,
      onProgress: (now) => {
        progress.put(now)
        extra.onProgress?.(now)
      },
    })
    await progress.end()
    await keepFailures(id, result)
    await write(id, {
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
    await write(id, {
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

const write = async (id: string, change: Change) => {
  await platform()
    .update(migrationRuns)
    .set({ ...change, seenAt: sql`now()` } as never)
    .where(eq(migrationRuns.id, id))
}

async function keepFailures(runId: string, { failed }: FleetResult): Promise<void> {
  if (failed.length === 0) return
  await platform()
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
