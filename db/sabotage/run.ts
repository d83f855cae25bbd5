import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { table } from '#db/cli/table'
import { defences, type Defence } from '#db/sabotage/defences'

// `npm run test:sabotage [-- --quick] [-- --only TEXT]`: takes each defence away in turn and
// expects the suite to go red.

type Caught = { defence: Defence; by: string | undefined; seconds: number }
type Report = {
  testResults: {
    name: string
    message?: string
    status: string
    assertionResults: { status: string; fullName: string }[]
  }[]
}

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string' } } })
const chosen = defences.filter(
  ({ name, quick }) => (!values.quick || quick) && name.includes(values.only ?? ''),
)
const folder = await mkdtemp(join(tmpdir(), 'rowhouse-sabotage-'))
const results: Caught[] = []

const together = chosen.filter(({ alone }) => !alone)
await Promise.all([worker(), worker()])
for (const defence of chosen.filter(({ alone }) => alone)) results.push(await tryWithout(defence))
await rm(folder, { recursive: true })

const missed = results.filter(({ by }) => by === undefined)
console.log(
  table(
    ['without', 'caught by', 's'],
    results.map(({ defence, by, seconds }) => [
      defence.name,
      (by ?? 'NOTHING').slice(0, 110),
      seconds,
    ]),
  ),
)
console.log(`\n${results.length - missed.length} caught, ${missed.length} missed`)
process.exitCode = missed.length > 0 || results.length === 0 ? 1 : 0

async function worker(): Promise<void> {
  for (let next = together.shift(); next; next = together.shift())
    results.push(await tryWithout(next))
}

async function tryWithout(defence: Defence): Promise<Caught> {
  const started = Date.now()
  const report = join(folder, `${defences.indexOf(defence)}.json`)
  const vitest = join(process.cwd(), 'node_modules', 'vitest', 'vitest.mjs')
  const child = spawn(
    process.execPath,
    [
      vitest,
      'run',
      ...defence.tests,
      '--bail=1',
      '--maxWorkers=1',
      '--reporter=json',
      `--outputFile=${report}`,
    ],
    {
      env: { ...process.env, SABOTAGE: defence.name },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let words = ''
  child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()))
  const code = await new Promise((resolve) => child.on('close', resolve))
  return {
    defence,
    by: code === 0 ? undefined : await catcher(report, words),
    seconds: Math.round((Date.now() - started) / 1000),
  }
}

/**
 * The first test that failed, or the preparation of a file. A run that broke off before any file
 * has caught nothing: such a sabotage no longer works.
 */
async function catcher(report: string, words: string): Promise<string | undefined> {
  const { testResults } = JSON.parse(
    await readFile(report, 'utf8').catch(() => '{"testResults":[]}'),
  ) as Report
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === 'failed')
  if (failed) return failed.fullName
  const broken = testResults.find(
    ({ status, message }) => status === 'failed' && message && !message.includes('no longer holds'),
  )
  if (broken) return `${relative(process.cwd(), broken.name)}: ${broken.message?.split('\n')[0]}`
  console.error(words || testResults.map(({ message }) => message).join('\n'))
  return undefined
}
