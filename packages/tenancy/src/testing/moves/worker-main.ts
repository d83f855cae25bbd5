import { setTimeout as sleep } from 'node:timers/promises'
import { watchMoves } from '#tenancy/moves/watch-moves'
import { closePools } from '#tenancy/registry/pools'
import { scheduledTasks, type ScheduledTask } from '#tenancy/scheduled-tasks'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

// The worker of the fixture app: watches moves and runs the scheduled tasks until it is told to
// stop.

const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
const watching = watchMoves(tenancy(), stop.signal)
for (const task of scheduledTasks(tenancy())) void repeat(task, stop.signal)
console.log(`worker ${process.pid} is at work`)

await watching
await closePools(tenancy())
process.exit(0)

async function repeat({ name, everyMs, run }: ScheduledTask, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    await run(stopping).catch((error: unknown) =>
      console.error(`worker: ${name}: ${error instanceof Error ? error.message : String(error)}`),
    )
    await sleep(everyMs, undefined, { signal: stopping }).catch(() => {}) // stopping ends the loop
  }
}
