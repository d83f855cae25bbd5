import { availableParallelism } from 'node:os'
import { MainConnection } from '#tenancy/migrations/connections'
import { lookAtAll } from '#tenancy/migrations/dedicated-databases'
import { refuseUnfit } from '#tenancy/migrations/compatibility'
import { readHistories, upTo, type Histories } from '#tenancy/migrations/history'
import { migrateAll, type Effort } from '#tenancy/migrations/migrate-all'
import { bringPlatformOn } from '#tenancy/migrations/migrate-platform'
import { Tally, type FleetResult, type Progress } from '#tenancy/migrations/run-summary'
import { readTargets, type TargetState } from '#tenancy/migrations/targets'
import { inWaves } from '#tenancy/migrations/batches'
import type { Tenancy } from '#tenancy/base/tenancy'

export type FleetOptions = Effort & {
  canary?: string[]
  /** how much is done by the end of each wave, in per cent */
  waves?: number[]
  concurrency?: number
  maxFailures?: number
  limit?: number
  /** the last migration of the tenant history to apply */
  to?: string
  histories?: Histories
  onProgress?: (progress: Progress) => void
}

/** More would finish little sooner and take the processors from those who use the application. */
export const usualConcurrency = () => Math.min(4, availableParallelism())

type Run = {
  tenancy: Tenancy
  options: FleetOptions
  histories: Histories
  /** tags of the tenant history that this run may apply */
  wanted: Set<string>
  tally: Tally
  crew: MainConnection[]
  readAll: () => Promise<TargetState[]>
}

/**
 * Brings the fleet to this build: the platform, then the canaries, then everything else in waves.
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
  const tally = new Tally(options.maxFailures ?? 10, options.onProgress)
  const crew = Array.from(
    { length: options.concurrency ?? usualConcurrency() },
    () => new MainConnection(tenancy),
  )
  const [first] = crew
  if (!first) throw new RangeError('a run needs a concurrency of at least 1')
  const readAll = async () => readTargets(await first.use(), histories)
  const run: Run = { tenancy, options, histories, wanted, tally, crew, readAll }

  try {
    await migrateWaves(run, await preparePlatform(run, first))
    const all = await migrateNewcomers(run)
    return tally.result(all.filter(({ lacks }) => lacks.some((tag) => wanted.has(tag))).length)
  } finally {
    await Promise.all(crew.map((connection) => connection.drop()))
  }
}

/** Brings the platform to this build and looks at each database elsewhere. Out: all targets, fit. */
async function preparePlatform(
  { tenancy, histories, tally, crew, readAll }: Run,
  main: MainConnection,
): Promise<TargetState[]> {
  let all = await readAll()
  refuseUnfit(all, histories)
  const grew = await bringPlatformOn(tenancy, await main.use(), histories.platform)
  const elsewhere = await lookAtAll(tenancy, crew, (target, error) => tally.fail(target, error), {
    refresh: true,
  })
  // what was read before may be out of date now
  if (grew || elsewhere > 0) refuseUnfit((all = await readAll()), histories)
  return all
}

async function migrateWaves(run: Run, all: TargetState[]): Promise<void> {
  const { tenancy, options, histories, tally, crew } = run
  const { canary = [], waves = canary.length > 0 ? [10] : [] } = options
  const chosen = pendingTargets(run, all).slice(0, options.limit)
  tally.expect(chosen.length)
  stopOnFailedCanary(run) // one that could not be reached is in no wave
  for (const wave of inWaves(chosen, all, canary, waves)) {
    if (tally.stopped) break
    tally.begin(wave.name)
    await migrateAll(tenancy, wave.targets, crew, tally, histories, options)
    stopOnFailedCanary(run)
  }
}

/** Migrates tenants that were made meanwhile, until there are none. Out: all targets as they are. */
async function migrateNewcomers(run: Run): Promise<TargetState[]> {
  const { tenancy, options, histories, tally, crew, readAll } = run
  let all = await readAll()
  while (!tally.stopped && tally.met.size < (options.limit ?? Infinity)) {
    const newcomers = pendingTargets(run, all)
    if (newcomers.length === 0) break
    tally.expect(newcomers.length)
    tally.begin('newcomers')
    await migrateAll(tenancy, newcomers, crew, tally, histories, options)
    all = await readAll()
  }
  return all
}

const pendingTargets = ({ tally, wanted }: Run, all: TargetState[]): TargetState[] =>
  all
    .filter(({ plane, name }) => plane === 'tenant' && !tally.met.has(name))
    .map((target) => ({ ...target, lacks: target.lacks.filter((tag) => wanted.has(tag)) }))
    .filter(({ lacks }) => lacks.length > 0)

function stopOnFailedCanary({ tally, options }: Run): void {
  if (tally.failed.some(({ target }) => options.canary?.includes(target)))
    tally.stop('a canary failed; nothing else was touched')
}
