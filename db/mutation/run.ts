import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { engineDefences, runMutations } from '@rowhouse/tenancy/testing'
import { table } from '#db/cli/table'
import { defences } from '#db/mutation/defences'

// `npm run test:mutation [-- --quick] [-- --only TEXT]`: takes each defence away in turn, and
// expects the tests to fail.

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string' } } })
const chosen = [...engineDefences, ...defences].filter(
  ({ name, quick }) => (!values.quick || quick) && name.includes(values.only ?? ''),
)
const vitest = join(process.cwd(), 'node_modules', 'vitest', 'vitest.mjs')
const results = await runMutations(chosen, [vitest, 'run', '--project=!engine plain'])
const missed = results.filter(({ caughtBy }) => caughtBy === undefined)
console.log(
  table(
    ['without', 'caught by', 's'],
    results.map(({ defence, caughtBy, seconds }) => [
      defence.name,
      (caughtBy ?? 'NOTHING').slice(0, 110),
      seconds,
    ]),
  ),
)
console.log(`\n${results.length - missed.length} caught, ${missed.length} missed`)
process.exitCode = missed.length > 0 || results.length === 0 ? 1 : 0
