import { availableParallelism } from 'node:os'
import { MainConnection } from '#db/fleet/connections'
import { lookAtAll } from '#db/fleet/elsewhere'
import { refuseUnfit } from '#db/fleet/fit'
import { readHistories, upTo, type Histories } from '#db/fleet/history'
import { migrateAll, type Effort } from '#db/fleet/migrate-all'
import { bringPlatformOn } from '#db/fleet/platform'
import { Tally, type FleetResult, type Progress } from '#db/fleet/tally'
import { readTargets, type TargetState } from '#db/fleet/targets'
import { inWaves } from '#db/fleet/waves'

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

/**
 * Brings the fleet to this build: the platform, then the canaries, then everything else in waves.
 * What fails is recorded and the rest goes on, until too many have failed. Run again, only what is
 * left is done; any number of runs at once migrate each target once. Throws MigrationChanged,
 * MigrationMissing, SchemaTooNew or Invalid before anything is touched, and MigrationFailed for the
 * platform.
 */
export async function runFleet(options: FleetOptions = {}): Promise<FleetResult> {
  const histories = options.histories ?? (await readHistories())
  const wanted = new Set(
    (options.to === undefined ? histories.tenant : upTo(histories.tenant, options.to)).map(
      ({ tag }) => tag,
    ),
  )
  const tally = new Tally(options.maxFailures ?? 10, options.onProgress)
  const crew = Array.from(
    { length: options.concurrency ?? usualConcurrency() },
    () => new MainConnection(),
  )
  const [first] = crew
  if (!first) throw new RangeError('a run needs a concurrency of at least 1')

  const look = async () => readTargets(await first.use(), histories)
  const heedCanaries = () => {
    if (tally.failed.some(({ target }) => options.canary?.includes(target)))
      tally.stop('a canary failed; nothing else was touched')
  }
  const pendingOf = (all: TargetState[]) =>
    all
      .filter(({ plane, name }) => plane === 'tenant' && !tally.met.has(name))
      .map((target) => ({ ...target, lacks: target.lacks.filter((tag) => wanted.has(tag)) }))
      .filter(({ lacks }) => lacks.length > 0)

  try {
    let all = await look()
    refuseUnfit(all, histories)
    const grew = await bringPlatformOn(await first.use(), histories.platform)
    const elsewhere = await lookAtAll(crew, (target, error) => tally.fail(target, error), {
      refresh: true,
    })
    if (grew || elsewhere > 0) refuseUnfit((all = await look()), histories)
    const chosen = pendingOf(all).slice(0, options.limit)
    tally.expect(chosen.length)
    heedCanaries() // one that could not be reached is in no wave
    for (const wave of inWaves(
      chosen,
      all,
      options.canary ?? [],
      options.waves ?? (options.canary?.length ? [10] : []),
    )) {
      if (tally.stopped) break
      tally.begin(wave.name)
      await migrateAll(wave.targets, crew, tally, histories, options)
      heedCanaries()
    }
    // tenants that were made meanwhile
    for (
      all = await look();
      !tally.stopped && tally.met.size < (options.limit ?? Infinity);
      all = await look()
    ) {
      const newcomers = pendingOf(all)
      if (newcomers.length === 0) break
      tally.expect(newcomers.length)
      tally.begin('newcomers')
      await migrateAll(newcomers, crew, tally, histories, options)
    }
    return tally.result(all.filter(({ lacks }) => lacks.some((tag) => wanted.has(tag))).length)
  } finally {
    await Promise.all(crew.map((connection) => connection.drop()))
  }
}
