import { setTimeout as sleep } from 'node:timers/promises'
import { scheduledTasks, type ScheduledTask } from '@rowhouse/tenancy/admin'
import { moduleTasks } from '#db/modules'
import { tenancy } from '#db/tenancy'

/**
 * How long a worker that stops waits for what it is at. All of it goes on where it stood, in the
 * next worker.
 */
const graceMs = 5000

/** Runs the tasks of the engine and of the modules, each at its own pace, until the worker stops. */
export async function runScheduledTasks(stopping: AbortSignal): Promise<void> {
  const tasks = [...scheduledTasks(tenancy()), ...moduleTasks]
  const running = Promise.all(tasks.map((task) => repeat(task, stopping)))
  await new Promise((resolve) => stopping.addEventListener('abort', resolve, { once: true }))
  await Promise.race([running, sleep(graceMs)])
}

async function repeat({ name, everyMs, run }: ScheduledTask, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    await run(stopping).catch((error: unknown) =>
      console.error(`worker: ${name}: ${error instanceof Error ? error.message : String(error)}`),
    )
    await sleep(everyMs, undefined, { signal: stopping }).catch(() => {}) // stopping ends the loop
  }
}
