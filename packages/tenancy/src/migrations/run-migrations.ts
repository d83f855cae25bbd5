import { availableParallelism } from 'node:os'
import { MainConnection } from '#tenancy/migrations/connections'
import { inspectDedicatedDatabases } from '#tenancy/migrations/dedicated-databases'
import { assertCompatible } from '#tenancy/migrations/compatibility'
import { readHistories, upTo, type Histories } from '#tenancy/migrations/history'
import { migrateAll, type MigrateOptions } from '#tenancy/migrations/migrate-all'
import { applyPlatformMigrations } from '#tenancy/migrations/migrate-platform'
import { RunSummary, type FleetResult, type Progress } from '#tenancy/migrations/run-summary'
import { readTargets, type TargetVersion } from '#tenancy/migrations/targets'
import { splitIntoBatches } from '#tenancy/migrations/batches'
import type { Tenancy } from '#tenancy/base/tenancy'

export type FleetOptions = MigrateOptions & {
  canary?: string[]
  /** how much is done by the end of each batch, in per cent */
  batches?: number[]
  concurrency?: number
  maxFailures?: number
  limit?: number
  /** the last migration of the tenant history to apply */
  to?: string
  histories?: Histories
  onProgress?: (progress: Progress) => void
}

/** More would finish little sooner and take the processors from those who use the application. */
export const defaultConcurrency = () => Math.min(4, availableParallelism())

type Run = {
  tenancy: Tenancy
  options: FleetOptions
  histories: Histories
  /** tags of the tenant history that this run may apply */
  wanted: Set<string>
  summary: RunSummary
  workers: MainConnection[]
  readAll: () => Promise<TargetVersion[]>
}

/**
 * Brings the fleet to this build: the platform, then the canaries, then everything else in batches.
 * What fails is recorded and the rest goes on, until too many have failed. Run again, only what is
 * left is done; any number of runs at once migrate each target once. Throws MigrationChanged,
 * MigrationMissing, SchemaTooNew or Invalid before anything is touched, and MigrationFailed for the
 * platform.
 */
export async function runFleet(tenancy: Tenancy, options: FleetOptions = {}): Promise<FleetResult> {
  const histories = options.histories ?? (await readHistories(tenancy))
  const wanted = new Set(
    (options.to === undefined ? histories.tenant : upTo(histories.tenant, options.to)).map(
      ({ tag }) => tag,
    ),
  )
  const summary = new RunSummary(options.maxFailures ?? 10, options.onProgress)
  const workers = Array.from(
    { length: options.concurrency ?? defaultConcurrency() },
    () => new MainConnection(tenancy),
  )
  const [first] = workers
  if (!first) throw new RangeError('a run needs a concurrency of at least 1')
  const readAll = async () => readTargets(await first.use(), histories)
  const run: Run = { tenancy, options, histories, wanted, summary, workers, readAll }

  try {
    await migrateBatches(run, await preparePlatform(run, first))
    const all = await migrateNewTargets(run)
    return summary.result(all.filter(({ lacks }) => lacks.some((tag) => wanted.has(tag))).length)
  } finally {
    await Promise.all(workers.map((connection) => connection.drop()))
  }
}

/** Brings the platform to this build and looks at each database elsewhere. Out: all targets, fit. */
async function preparePlatform(
  { tenancy, histories, summary, workers, readAll }: Run,
  main: MainConnection,
): Promise<TargetVersion[]> {
  let all = await readAll()
  assertCompatible(all, histories)
  const grew = await applyPlatformMigrations(tenancy, await main.use(), histories.platform)
  const elsewhere = await inspectDedicatedDatabases(
    tenancy,
    workers,
    (target, error) => summary.recordFailure(target, error),
    {
      refresh: true,
    },
  )
  // what was read before may be out of date now
  if (grew || elsewhere > 0) assertCompatible((all = await readAll()), histories)
  return all
}

async function migrateBatches(run: Run, all: TargetVersion[]): Promise<void> {
  const { tenancy, options, histories, summary, workers } = run
  const { canary = [], batches = canary.length > 0 ? [10] : [] } = options
  const chosen = pendingTargets(run, all).slice(0, options.limit)
  summary.addTargets(chosen.length)
  stopOnFailedCanary(run) // one that could not be reached is in no batch
  for (const batch of splitIntoBatches(chosen, all, canary, batches)) {
    if (summary.stopped) break
    summary.startBatch(batch.name)
    await migrateAll(tenancy, batch.targets, workers, summary, histories, options)
    stopOnFailedCanary(run)
  }
}

/** Migrates tenants that were made meanwhile, until there are none. Out: all targets as they are. */
async function migrateNewTargets(run: Run): Promise<TargetVersion[]> {
  const { tenancy, options, histories, summary, workers, readAll } = run
  let all = await readAll()
  while (!summary.stopped && summary.finished.size < (options.limit ?? Infinity)) {
    const newTargets = pendingTargets(run, all)
    if (newTargets.length === 0) break
    summary.addTargets(newTargets.length)
    summary.startBatch('new targets')
    await migrateAll(tenancy, newTargets, workers, summary, histories, options)
    all = await readAll()
  }
  return all
}

const pendingTargets = ({ summary, wanted }: Run, all: TargetVersion[]): TargetVersion[] =>
  all
    .filter(({ plane, name }) => plane === 'tenant' && !summary.finished.has(name))
    .map((target) => ({ ...target, lacks: target.lacks.filter((tag) => wanted.has(tag)) }))
    .filter(({ lacks }) => lacks.length > 0)

function stopOnFailedCanary({ summary, options }: Run): void {
  if (summary.failed.some(({ target }) => options.canary?.includes(target)))
    summary.stop('a canary failed; nothing else was touched')
}
