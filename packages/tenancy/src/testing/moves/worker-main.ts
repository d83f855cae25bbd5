import { closePools } from '#tenancy/registry/pools'
import { runTasks } from '#tenancy/tasks/run-tasks'
import { scheduledTasks } from '#tenancy/tasks/scheduled-tasks'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

// The worker of the fixture app: runs the engine's tasks until a signal stops it.

const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
console.log(`worker ${process.pid} started`)
await runTasks(tenancy(), scheduledTasks(tenancy()), { stopping: stop.signal })
await closePools(tenancy())
process.exit(0)
