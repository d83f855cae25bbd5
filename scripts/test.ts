// npm test: runs every step even if one fails; steps that leave a core idle run in parallel.
// `node scripts/test.ts lint unit` runs those two. Other arguments are passed to the last
// test runner (vitest, managed, mutation or playwright).
import { childGroup, stopRequested } from './children.mjs'
import { browserTests } from './test/browser-tests.ts'
import { build } from './test/build.ts'
import { containerTests } from './test/containers.ts'
import { managedServers } from './test/managed.ts'
import { mutation } from './test/mutation.ts'
import { lint, types } from './test/static-checks.ts'
import type { TestStepContext, TestStepResult } from './test/step-result.ts'
import { unitTests } from './test/unit-tests.ts'

type StepName = 'lint' | 'types' | 'unit' | 'managed' | 'mutation' | 'build' | 'e2e' | 'containers'

const steps: Record<StepName, (context: TestStepContext) => Promise<TestStepResult>> = {
  lint,
  types,
  unit: unitTests,
  managed: managedServers,
  mutation,
  build,
  e2e: browserTests,
  containers: containerTests,
}
const rounds: StepName[][] = [
  ['lint', 'types'],
  ['unit'],
  ['managed', 'mutation', 'build'],
  ['e2e'],
  // only on request
  ['containers'],
]
const args = process.argv.slice(2)
const all = !args.some((argument) => argument in steps)
const chosen = rounds
  .map((round) => round.filter((name) => (all && name !== 'containers') || args.includes(name)))
  .filter((round) => round.length > 0)
const runnerArgs = args.filter((argument) => !(argument in steps))
const lastRunner = chosen
  .flat()
  .findLast((name) => ['unit', 'managed', 'mutation', 'e2e'].includes(name))

const children = childGroup()
const stopping = stopRequested()
const results: (TestStepResult & { name: StepName; seconds: number })[] = []
let stopped = false
const running = runAll()
const request = await Promise.race([running.then(() => undefined), stopping])
if (request === undefined) {
  report()
} else {
  stopped = true
  await children.stop()
  // Each step cleans up once its children have ended.
  await running
  process.exitCode = request.code
}

async function runAll(): Promise<void> {
  for (const round of chosen) {
    if (stopped) return
    const title = round.join(', ')
    console.log(`\n── ${title} ${'─'.repeat(70 - title.length)}`)
    results.push(...(await Promise.all(round.map(runStep))))
  }
}

async function runStep(name: StepName): Promise<(typeof results)[number]> {
  const started = performance.now()
  const result = await steps[name]({ children, args: argumentsOf(name) }).catch((error) => {
    if (!stopped) console.error(`${name}: ${error.message}`)
    return { passed: 0, failed: 1 }
  })
  return { name, seconds: (performance.now() - started) / 1000, ...result }
}

function argumentsOf(name: StepName): string[] {
  if (name === 'mutation' && all) return ['--quick']
  if (name === 'managed' && all) return ['--short']
  return name === lastRunner ? runnerArgs : []
}

function report(): void {
  const sum = (key: 'passed' | 'failed') =>
    results.reduce((total, result) => total + result[key], 0)
  console.log(`\n── summary ${'─'.repeat(63)}`)
  for (const { name, seconds, passed, failed, detail = '' } of results) {
    console.log(
      `${name.padEnd(10)} ${failed > 0 ? 'FAILED' : 'ok    '} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${seconds.toFixed(1).padStart(7)} s  ${detail}`.trimEnd(),
    )
  }
  const failures = results.flatMap(({ failures = [] }) => failures)
  if (failures.length > 0) console.log(`\n${failures.map((failure) => `✗ ${failure}`).join('\n')}`)
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`)
  process.exitCode = sum('failed') > 0 ? 1 : 0
}
