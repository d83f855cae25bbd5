import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { Defence } from '#tenancy/testing/mutation/defence'

/** By which test a missing defence was noticed; undefined when none noticed it. */
export type MutationResult = { defence: Defence; caughtBy: string | undefined; seconds: number }

type Report = {
  testResults: {
    name: string
    message?: string
    status: string
    assertionResults: { status: string; fullName: string }[]
  }[]
}

/**
 * Takes each defence away in turn and expects its tests to fail. Two run at once.
 * @param vitest - The arguments before the test files, such as the path of vitest and `run`.
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
 * The first test that failed, or the preparation of a file. A run that broke off before any file
 * has caught nothing: such a mutation no longer works.
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
    ({ status, message }) => status === 'failed' && message && !message.includes('no longer holds'),
  )
  if (broken) return `${relative(process.cwd(), broken.name)}: ${broken.message?.split('\n')[0]}`
  console.error(output || testResults.map(({ message }) => message).join('\n'))
  return undefined
}
