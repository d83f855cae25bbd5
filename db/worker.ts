import { checkPipeline, platformPool, storeUsage } from '@rowhouse/tenancy'
import { runTasks, scheduledTasks } from '@rowhouse/tenancy/admin'
import { assertDirectLogins, assertSafeLogins } from '@rowhouse/tenancy/checks'
import { assertBuildCompatible } from '@rowhouse/tenancy/migrations'
import { assertLoginUrls, env } from '#db/env'
import { explainError } from '#db/explain-error'
import { log } from '#db/log'
import { metrics } from '#db/metrics'
import { moduleTasks } from '#db/modules'
import { closeConnections, tenancy } from '#db/tenancy'
import { startTracing } from '#db/tracing'
import { waitForDatabase } from '#db/wait-for-database'
import { serveWorker } from '#db/worker-server'

// `npm run worker` runs background tasks until SIGTERM. Any number of workers may run at once. Every
// line that it prints is JSON.

/** A healthy queue looks for work every ten seconds; with timeouts and backoff, every thirty. */
const silentAtMostMs = 60_000

for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => exitWith(error, 'the worker failed'))
process.on('warning', (warning) => log().warn({ warning: warning.message }, 'warning of Node.js'))

const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    log().info({ signal }, 'worker is stopping')
    stop.abort()
  })

await run().catch((error: unknown) => exitWith(error, 'the worker does not start'))
process.exit(0)

async function run(): Promise<void> {
  const { WORKER_PORT } = env()
  assertLoginUrls(['platform', 'worker', 'migrator'])
  const tasks = [...scheduledTasks(tenancy()), ...moduleTasks]
  const queues = tasks.flatMap((task) => ('due' in task ? task.name : []))
  let started = false
  const polledAt = new Map<string, number>()
  const onPoll = (queue: string) => polledAt.set(queue, performance.now())
  // while it waits for the database, each attempt counts for all queues
  const onAttempt = () => queues.forEach(onPoll)
  onAttempt()
  const closeServer = WORKER_PORT
    ? await serveWorker(WORKER_PORT, {
        isAlive: () =>
          [...polledAt.values()].every((at) => performance.now() - at < silentAtMostMs),
        isReady: async () => started && !stop.signal.aborted && (await databaseAnswers()),
      })
    : () => {}

  await waitForDatabase(checkDatabase, { stopping: stop.signal, onAttempt })
  onAttempt()
  if (!stop.signal.aborted) {
    const sendSpans = await startTracing()
    const storeRest = storeUsage(tenancy())
    started = true
    log().info('worker started')
    await runTasks(tenancy(), tasks, {
      stopping: stop.signal,
      onPoll,
      onRun: ({ task, outcome, ms }) =>
        metrics(tenancy()).tasks.observe({ task, outcome }, ms / 1000),
    })
    await storeRest()
    await sendSpans()
  }
  closeServer()
  await closeConnections()
  log().info('worker stopped')
}

async function checkDatabase(): Promise<void> {
  await assertSafeLogins(tenancy(), ['platform', 'worker'])
  await assertDirectLogins(tenancy())
  await assertBuildCompatible(tenancy())
  await checkPipeline(tenancy())
}

async function databaseAnswers(): Promise<boolean> {
  return platformPool(tenancy())
    .query('select')
    .then(
      () => true,
      () => false,
    )
}

function exitWith(error: unknown, message: string): never {
  log().fatal({ err: error, why: explainError(error) }, message)
  process.exit(1)
}
