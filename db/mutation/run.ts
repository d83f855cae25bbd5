import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { engineDefences, runMutations } from '@rowhouse/tenancy/testing'
import { table } from '#db/cli/table'
import { defences } from '#db/mutation/defences'

// `npm run test:mutation [-- --quick] [-- --only TEXT]` removes each defence in turn and expects its
// tests to fail. `--report FILE` writes the names of caught and missed mutations as JSON.

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, only: { type: 'string' }, report: { type: 'string' } },
})
const chosen = [...engineDefences, ...defences].filter(
  ({ name, quick }) => (!values.quick || quick) && name.includes(values.only ?? ''),
)
const vitest = join(process.cwd(), 'node_modules', 'vitest', 'vitest.mjs')
const results = await runMutations(chosen, [vitest, 'run', '--project=!engine plain'])
const names = (caught: boolean) =>
  results
    .filter(({ caughtBy }) => (caughtBy !== undefined) === caught)
    .map(({ defence }) => defence.name)
const report = { caught: names(true), missed: names(false) }
if (values.report) writeFileSync(values.report, JSON.stringify(report))
console.log(
  table(
    ['without', 'caught by', 's'],
    results.map(({ defence, caughtBy, seconds }) => [
      defence.name,
      (caughtBy ?? 'MISSED').slice(0, 110),
      seconds,
    ]),
  ),
)
console.log(`\n${report.caught.length} caught, ${report.missed.length} missed`)
process.exitCode = report.missed.length > 0 || results.length === 0 ? 1 : 0
