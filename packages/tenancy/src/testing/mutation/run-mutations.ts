import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { notApplied, type Defence } from '#tenancy/testing/mutation/defence'

/** The result of a test run without a defence. */
export type MutationResult = {
  defence: Defence
  /** The first test that failed; undefined if none did. */
  caughtBy: string | undefined
  seconds: number
}

type Report = {
  testResults: {
    name: string
    message?: string
    status: string
    assertionResults: { status: string; fullName: string }[]
  }[]
}

/**
 * Runs the tests of each defence without it, two at a time.
 * @param defences - The defences.
 * @param vitest - The arguments before the test files, such as the path of vitest and `run`.
 * @returns Which tests noticed.
 */
export async function runMutations(
  defences: readonly Defence[],
  vitest: readonly string[],
): Promise<MutationResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rowhouse-mutation-'))
  const results: MutationResult[] = []
  const waiting = defences.filter(({ alone }) => !alone)
  const tryNext = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      results.push(
        await tryWithout(next, vitest, join(folder, `${results.length}-${waiting.length}.json`)),
      )
  }
  await Promise.all([tryNext(), tryNext()])
  for (const [i, defence] of defences.filter(({ alone }) => alone).entries())
    results.push(await tryWithout(defence, vitest, join(folder, `alone-${i}.json`)))
  await rm(folder, { recursive: true })
  return results
}

async function tryWithout(
  defence: Defence,
  vitest: readonly string[],
  report: string,
): Promise<MutationResult> {
  const started = Date.now()
  const options = ['--bail=1', '--maxWorkers=1', '--reporter=json', `--outputFile=${report}`]
  const child = spawn(process.execPath, [...vitest, ...defence.tests, ...options], {
    env: { ...process.env, MUTATION: defence.name },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise((resolve) => child.on('close', resolve))
  return {
    defence,
    caughtBy: code === 0 ? undefined : await catcher(report, output),
    seconds: Math.round((Date.now() - started) / 1000),
  }
}

/**
 * Finds the first test that failed, or the first file that could not be loaded. A run that ended
 * before any file did not notice anything: the mutation itself failed.
 */
async function catcher(report: string, output: string): Promise<string | undefined> {
  const { testResults } = JSON.parse(
    await readFile(report, 'utf8').catch(() => '{"testResults":[]}'),
  ) as Report
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === 'failed')
  if (failed) return failed.fullName
  const broken = testResults.find(
    ({ status, message }) => status === 'failed' && message && !message.includes(notApplied),
  )
  if (broken) return `${relative(process.cwd(), broken.name)}: ${broken.message?.split('\n')[0]}`
  console.error(output || testResults.map(({ message }) => message).join('\n'))
  return undefined
}
