import { checkPipeline, closePools, storeUsage } from '@rowhouse/tenancy'
import { runTasks, scheduledTasks } from '@rowhouse/tenancy/admin'
import { assertDirectLogins, assertSafeLogins } from '@rowhouse/tenancy/checks'
import { assertBuildCompatible } from '@rowhouse/tenancy/migrations'
import { assertLoginUrls, env } from '#db/env'
import { log } from '#db/log'
import { metrics } from '#db/metrics'
import { serveMetrics } from '#db/metrics-server'
import { moduleTasks } from '#db/modules'
import { tenancy } from '#db/tenancy'
import { startTracing } from '#db/tracing'

// `npm run worker` runs background tasks until SIGTERM. Any number of workers may run at once.

const { WORKER_METRICS_PORT } = env()
assertLoginUrls(['platform', 'worker', 'migrator'])
await assertSafeLogins(tenancy(), ['platform', 'worker'])
await assertDirectLogins(tenancy())
await assertBuildCompatible(tenancy())
await checkPipeline(tenancy())
const sendSpans = await startTracing()
const storeRest = storeUsage(tenancy())
const closeMetrics = WORKER_METRICS_PORT ? await serveMetrics(WORKER_METRICS_PORT) : () => {}

const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    log().info('worker is stopping')
    stop.abort()
  })
log().info('worker started')
await runTasks(tenancy(), [...scheduledTasks(tenancy()), ...moduleTasks], {
  stopping: stop.signal,
  onRun: ({ task, outcome, ms }) => metrics(tenancy()).tasks.observe({ task, outcome }, ms / 1000),
})

closeMetrics()
await storeRest()
await closePools(tenancy())
await sendSpans()
process.exit(0)
