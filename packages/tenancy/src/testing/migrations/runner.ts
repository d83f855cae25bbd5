import { withMore } from '#tenancy/testing/migrations/histories'
import { runFleet } from '#tenancy/migrations/run-migrations'
import { closePools } from '#tenancy/registry/pools'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

// A fleet run in a process that tests kill. Its argument is the texts of further migrations as JSON. It
// prints a line when it starts with the targets, and its result as JSON.
const texts: string[] = JSON.parse(process.argv[2] ?? '[]')
let started = false
const onProgress = () => {
  if (!started) process.stdout.write('started\n')
  started = true
}
try {
  const result = await runFleet(tenancy(), {
    histories: await withMore(tenancy(), ...texts),
    lockTimeoutMs: 2000,
    onProgress,
  })
  console.log(JSON.stringify(result))
  process.exitCode = result.state === 'done' ? 0 : 1
} finally {
  await closePools(tenancy())
}
