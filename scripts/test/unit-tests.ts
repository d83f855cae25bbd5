import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { developmentEnvironment } from '../environment.ts'
import { root } from '../root.mjs'
import {
  readReport,
  failure,
  packageFile,
  newReport,
  type TestStepContext,
  type TestStepResult,
} from './step-result.ts'

type TestFile = {
  name: string
  status: string
  message?: string
  assertionResults: { status: string; fullName: string; failureMessages: string[] }[]
}
type VitestReport = {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: TestFile[]
}

export async function unitTests({ children, args }: TestStepContext): Promise<TestStepResult> {
  // Started here too, so that the server stops even if vitest is killed.
  const { stop } = await developmentEnvironment('test')
  try {
    return await vitest({ children, args })
  } finally {
    await stop()
  }
}

/** Runs vitest. With the name of a report, it prints failures only. */
export async function vitest(
  { children, args }: TestStepContext,
  { name, env = process.env }: { name?: string; env?: NodeJS.Dict<string> } = {},
): Promise<TestStepResult> {
  const report = newReport(`${name ?? 'vitest'}.json`)
  const unhandled = newReport(`${name ?? 'vitest'}-unhandled-errors.json`)
  const runner = children.start(
    'vitest',
    [
      packageFile('vitest', 'vitest.mjs'),
      'run',
      `--reporter=${name ? 'dot' : 'default'}`,
      '--reporter=json',
      `--reporter=${join(root, 'scripts/test/unhandled-errors.ts')}`,
      `--outputFile.json=${report}`,
      ...args,
    ],
    { cwd: root, env: { ...env, UNHANDLED_ERRORS_FILE: unhandled } },
  )
  const { code } = await runner.ended
  return readReport<VitestReport>(
    report,
    code,
    ({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }) => ({
      passed: numPassedTests,
      failed: numFailedTests,
      failures: [
        ...testResults.filter(({ status }) => status === 'failed').flatMap(failuresOf),
        ...unhandledErrors(unhandled),
      ],
      detail: numPendingTests + numTodoTests > 0 ? `${numPendingTests + numTodoTests} skipped` : '',
    }),
  )
}

function unhandledErrors(file: string): string[] {
  if (!existsSync(file)) return []
  const errors: { name: string; message: string }[] = JSON.parse(readFileSync(file, 'utf8'))
  return errors.map(({ name, message }) => failure(name, message))
}

/** The failed tests of a file, or the error of the file itself. */
function failuresOf({ name, message, assertionResults }: TestFile): string[] {
  const failed = assertionResults.filter(({ status }) => status === 'failed')
  const file = relative(root, name)
  return failed.length > 0
    ? failed.map(({ fullName, failureMessages }) =>
        failure(`${file} › ${fullName}`, failureMessages[0]),
      )
    : [failure(file, message)]
}
