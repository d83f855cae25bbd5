import { setTimeout as sleep } from 'node:timers/promises'
import { examineWhenDue } from '#db/doctor/examinations'
import { runErasures } from '#db/erase/run'
import { expire } from '#db/export/exports'
import { runExports } from '#db/export/run'
import { runWanted } from '#db/fleet/wanted'
import { removeRemains } from '#db/import/import'
import { runRetention } from '#db/retention/run'
import { measureTenants } from '#db/console/tenant-sizes'
import { foldUsage } from '#db/limits/fold-usage'
import { pruneEntries, tidy } from '#db/tidy'

type Watched = { what: string; everyMs: number; work: (stopping: AbortSignal) => Promise<unknown> }

/**
 * What is looked for, and how often. Each finds in its own rows what is due, and takes a row before
 * it works on it.
 */
const watched: Watched[] = [
  { what: 'exports', everyMs: 1000, work: runExports },
  { what: 'old exports', everyMs: 600_000, work: expire },
  { what: 'broken-off imports', everyMs: 60_000, work: removeRemains },
  { what: 'erasures', everyMs: 30_000, work: runErasures },
  { what: 'fleet runs', everyMs: 1000, work: runWanted },
  { what: 'use by the day', everyMs: 3_600_000, work: foldUsage },
  { what: 'what has run out', everyMs: 3_600_000, work: tidy },
  { what: 'old entries', everyMs: 86_400_000, work: pruneEntries },
  { what: 'sizes', everyMs: 60_000, work: measureTenants },
  { what: 'doctor', everyMs: 300_000, work: examineWhenDue },
  { what: 'retention', everyMs: 300_000, work: (stopping) => runRetention({ stopping }) },
]

/**
 * How long a worker that stops waits for what it is at. All of it goes on where it stood, in the
 * next worker.
 */
const graceMs = 5000

/**
 * Does what tenants and operators want done, and the rounds that nobody asks for, until the worker
 * stops.
 */
export async function watchData(stopping: AbortSignal): Promise<void> {
  const watches = Promise.all(watched.map((one) => watch(one, stopping)))
  await new Promise((resolve) => stopping.addEventListener('abort', resolve, { once: true }))
  await Promise.race([watches, sleep(graceMs)])
}

async function watch({ what, everyMs, work }: Watched, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    await work(stopping).catch((error: unknown) =>
      console.error(`worker: ${what}: ${error instanceof Error ? error.message : String(error)}`),
    )
    await sleep(everyMs, undefined, { signal: stopping }).catch(() => {}) // stopping ends the loop
  }
}
