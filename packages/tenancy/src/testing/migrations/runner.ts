import { withMore } from '#tenancy/testing/migrations/histories'
import { runFleet } from '#tenancy/migrations/run-migrations'
import { closePools } from '#tenancy/registry/pools'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

// A runner as a process of its own, to be killed. In: the texts of more migrations, as JSON. Out: a
// line when it begins with the targets, and how it ended, as JSON.
const texts: string[] = JSON.parse(process.argv[2] ?? '[]')
let begun = false
const onProgress = () => {
  if (!begun) process.stdout.write('begun\n')
  begun = true
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
