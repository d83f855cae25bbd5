// npm test: every check, all of them even when one fails; two that leave a core idle run side by
// side. `node scripts/test.mjs lint unit` runs those two; anything that is not the name of a step
// goes to the last runner (vitest, mutation or playwright).
import { askedToStop, childGroup } from './children.mjs'
import { browserTests } from './test/browser-tests.mjs'
import { build } from './test/build.mjs'
import { mutation } from './test/mutation.mjs'
import { lint, types } from './test/static-checks.mjs'
import { unitTests } from './test/unit-tests.mjs'

const steps = { lint, types, unit: unitTests, mutation, build, e2e: browserTests }
const rounds = [['lint', 'types'], ['unit'], ['mutation', 'build'], ['e2e']]
const given = process.argv.slice(2)
const wanted = Object.keys(steps).filter((name) => given.includes(name))
const chosen = rounds
  .map((round) => round.filter((name) => wanted.length === 0 || wanted.includes(name)))
  .filter((round) => round.length > 0)
const extra = given.filter((argument) => !(argument in steps))
const extraFor = chosen.flat().findLast((name) => ['unit', 'mutation', 'e2e'].includes(name))

const children = childGroup()
const stopping = askedToStop()
const results = []
let stopped = false
const running = runAll()
const ended = await Promise.race([running.then(() => undefined), stopping])
if (ended === undefined) {
  report()
} else {
  stopped = true
  await children.stop()
  // Each step tidies up after itself once its children are gone.
  await running
  process.exitCode = ended.code
}

async function runAll() {
  for (const round of chosen) {
    if (stopped) return
    const title = round.join(', ')
    console.log(`\n── ${title} ${'─'.repeat(70 - title.length)}`)
    results.push(...(await Promise.all(round.map(result))))
  }
}

async function result(name) {
  const started = performance.now()
  const outcome = await steps[name]({ children, args: argumentsOf(name) }).catch((error) => {
    if (!stopped) console.error(`${name}: ${error.message}`)
    return { passed: 0, failed: 1 }
  })
  return { name, seconds: (performance.now() - started) / 1000, ...outcome }
}

function argumentsOf(name) {
  if (name === 'mutation' && wanted.length === 0) return ['--quick']
  return name === extraFor ? extra : []
}

function report() {
  const sum = (key) => results.reduce((total, result) => total + result[key], 0)
  console.log(`\n── summary ${'─'.repeat(63)}`)
  for (const { name, seconds, passed, failed, note = '' } of results) {
    console.log(
      `${name.padEnd(8)} ${failed > 0 ? 'FAILED' : 'ok    '} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${seconds.toFixed(1).padStart(7)} s  ${note}`.trimEnd(),
    )
  }
  const failures = results.flatMap(({ failures = [] }) => failures)
  if (failures.length > 0) console.log(`\n${failures.map((failure) => `✗ ${failure}`).join('\n')}`)
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`)
  process.exitCode = sum('failed') > 0 ? 1 : 0
}
