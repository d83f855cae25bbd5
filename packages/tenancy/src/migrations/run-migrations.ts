import { availableParallelism } from 'node:os'
import { MainConnection } from '#tenancy/migrations/connections'
import { inspectDedicatedDatabases } from '#tenancy/migrations/dedicated-databases'
import { assertCompatible } from '#tenancy/migrations/compatibility'
import { readHistories, upTo, type Histories } from '#tenancy/migrations/history'
import { migrateAll, type MigrateOptions, type RunContext } from '#tenancy/migrations/migrate-all'
import { applyPlatformMigrations } from '#tenancy/migrations/migrate-platform'
import {
  RunSummary,
  type FleetResult,
  type MigrationProgress,
} from '#tenancy/migrations/run-summary'
import { readTargets, type TargetVersion } from '#tenancy/migrations/targets'
import { splitIntoBatches } from '#tenancy/migrations/batches'
import type { Tenancy } from '#tenancy/base/tenancy'

export type FleetOptions = MigrateOptions & {
  /** Names of the targets to migrate first. The run stops if one fails. */
  canary?: string[]
  /** The cumulative share of targets at the end of each batch, in percent. */
  batches?: number[]
  concurrency?: number
  /** The run stops when this many targets have failed. Defaults to 10. */
  maxFailures?: number
  /** The maximum number of targets to migrate. */
  limit?: number
  /** The last migration of the tenant history to apply, by tag or number. */
  to?: string
  histories?: Histories
  onProgress?: (progress: MigrationProgress) => void
}

/**
 * The number of workers that a run has by default. More would barely be faster and would take CPU
 * time from the application.
 * @returns The number of workers.
 */
export const defaultConcurrency = () => Math.min(4, availableParallelism())

type FleetRun = RunContext & {
  options: FleetOptions
  /** The tags of the tenant history that this run may apply. */
  allowed: Set<string>
  readAll: () => Promise<TargetVersion[]>
}

/**
 * Migrates the fleet to this build: the platform, then the canaries, then everything else in
 * batches. A failed target is recorded and the run continues, until too many have failed. Running
 * it again migrates only what is left. Concurrent runs migrate each target once.
 * @param tenancy - The instance.
 * @param options - How to run. The defaults migrate everything.
 * @returns What was migrated, what failed, and what is left.
 * @throws MigrationChanged, MigrationMissing, SchemaTooNew or Invalid before anything is changed,
 *   and MigrationFailed for the platform.
 */
export async function runFleet(tenancy: Tenancy, options: FleetOptions = {}): Promise<FleetResult> {
  const histories = options.histories ?? (await readHistories(tenancy))
  const files = options.to === undefined ? histories.tenant : upTo(histories.tenant, options.to)
  const allowed = new Set(files.map(({ tag }) => tag))
  const summary = new RunSummary(options.maxFailures ?? 10, options.onProgress)
  const workers = Array.from(
    { length: options.concurrency ?? defaultConcurrency() },
    () => new MainConnection(tenancy),
  )
  const [first] = workers
  if (!first) throw new RangeError('a run needs a concurrency of at least 1')
  const readAll = async () => readTargets(await first.use(), histories)
  const run: FleetRun = { tenancy, options, histories, allowed, summary, workers, readAll }

  try {
    await migrateBatches(run, await preparePlatform(run, first))
    const all = await migrateNewTargets(run)
    return summary.result(all.filter(({ lacks }) => lacks.some((tag) => allowed.has(tag))).length)
  } finally {
    await Promise.all(workers.map((connection) => connection.drop()))
  }
}

/**
 * Migrates the platform to this build and inspects the dedicated databases.
 * @returns All targets, each of which this build may migrate.
 */
async function preparePlatform(
  { tenancy, histories, summary, workers, readAll }: FleetRun,
  main: MainConnection,
): Promise<TargetVersion[]> {
  let all = await readAll()
  assertCompatible(all, histories)
  const changed = await applyPlatformMigrations(tenancy, await main.use(), histories.platform)
  const inspected = await inspectDedicatedDatabases(tenancy, {
    workers,
    refresh: true,
    onFailure: (target, error) => summary.recordFailure(target, error),
  })
  if (changed || inspected > 0) {
    all = await readAll()
    assertCompatible(all, histories)
  }
  return all
}

async function migrateBatches(run: FleetRun, all: TargetVersion[]): Promise<void> {
  const { options, summary } = run
  const { canary = [], batches = canary.length > 0 ? [10] : [] } = options
  const chosen = pendingTargets(run, all).slice(0, options.limit)
  summary.addTargets(chosen.length)
  stopOnFailedCanary(run) // an unreachable canary is in no batch
  for (const batch of splitIntoBatches(chosen, all, canary, batches)) {
    if (summary.stopped) break
    summary.startBatch(batch.name)
    await migrateAll(run, batch.targets)
    stopOnFailedCanary(run)
  }
}

/**
 * Migrates tenants that were created during the run, until there are no more.
 * @returns All targets in their latest state.
 */
async function migrateNewTargets(run: FleetRun): Promise<TargetVersion[]> {
  const { options, summary, readAll } = run
  let all = await readAll()
  while (!summary.stopped && summary.finished.size < (options.limit ?? Infinity)) {
    const newTargets = pendingTargets(run, all)
    if (newTargets.length === 0) break
    summary.addTargets(newTargets.length)
    summary.startBatch('new targets')
    await migrateAll(run, newTargets)
    all = await readAll()
  }
  return all
}

const pendingTargets = ({ summary, allowed }: FleetRun, all: TargetVersion[]): TargetVersion[] =>
  all
    .filter(({ plane, name }) => plane === 'tenant' && !summary.finished.has(name))
    .map((target) => ({ ...target, lacks: target.lacks.filter((tag) => allowed.has(tag)) }))
    .filter(({ lacks }) => lacks.length > 0)

function stopOnFailedCanary({ summary, options }: FleetRun): void {
  if (summary.failed.some(({ target }) => options.canary?.includes(target))) summary.stop('canary')
}
