import { checkPipeline, closePools, storeUsage } from '@rowhouse/tenancy'
import { env } from '#db/env'
import { assertBuildCompatible } from '@rowhouse/tenancy/migrations'
import { watchMail } from '#db/jobs/mail'
import { runScheduledTasks } from '#db/jobs/scheduled-tasks'
import { watchMoves } from '@rowhouse/tenancy/moves'
import { assertSafeLogins } from '@rowhouse/tenancy/checks'
import { tenancy } from '#db/tenancy'
import { startTracing } from '#db/tracing'

// `npm run worker`: does what rows ask for. Any number of workers may run; each piece of work is
// done by one.

env()
await assertSafeLogins(tenancy(), ['platform', 'worker'])
await assertBuildCompatible(tenancy())
await checkPipeline(tenancy())

const sendSpans = await startTracing()
const stop = new AbortController()
const storeRest = storeUsage(tenancy())
const watching = Promise.all([
  watchMoves(tenancy(), stop.signal),
  runScheduledTasks(stop.signal),
  watchMail(stop.signal),
])
console.log(`worker ${process.pid} is at work`)

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }))

console.log(`worker ${process.pid} hands over and stops`)
await watching
await storeRest()
await closePools(tenancy())
await sendSpans()
process.exit(0)
