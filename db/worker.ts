import { env } from '#db/env'
import { assertBuildFits } from '#db/fleet/gate'
import { watchData } from '#db/jobs/data'
import { jobNames, works, type JobData, type JobName } from '#db/jobs/jobs'
import { watchMail } from '#db/jobs/mail'
import { watchMoves } from '#db/jobs/moves'
import { workerQueue } from '#db/jobs/queue'
import { closePools } from '#db/pools'
import { assertSafeLogins } from '#db/safe-logins'
import { startTracing } from '#db/tracing'
import { storeUsage } from '#db/limits/usage-store'

// `npm run worker`: does what rows ask for. Any number of workers may run; each piece of work is
// done by one.

env()
await assertSafeLogins(['platform', 'worker'])
await assertBuildFits()

const sendSpans = await startTracing()
const stop = new AbortController()
const queue = workerQueue()
queue.on('error', (error) => console.error(`worker: ${error.message}`))
await queue.start()
for (const name of jobNames) await take(name)
const storeRest = storeUsage()
const watching = Promise.all([
  watchMoves(stop.signal),
  watchData(stop.signal),
  watchMail(stop.signal),
])
console.log(`worker ${process.pid} is at work`)

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }))

console.log(`worker ${process.pid} hands over and stops`)
await watching
await storeRest()
await queue.stop({ graceful: true, timeout: 10_000 })
await closePools()
await sendSpans()
process.exit(0)

async function take<N extends JobName>(name: N): Promise<void> {
  const work = await works[name]()
  await queue.work<JobData[N]>(
    name,
    { localConcurrency: 2, pollingIntervalSeconds: 0.5 },
    async (jobs) => {
      for (const job of jobs) await work(job.data, stop.signal)
    },
  )
}
