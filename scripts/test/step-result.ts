import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { ChildGroup } from '../children.mjs'
import { root } from '../root.mjs'

/** What a step of `npm test` reports. A skipped step has neither passed nor failed anything. */
export type TestStepResult = {
  passed: number
  failed: number
  failures?: string[]
  detail?: string
}
export type TestStepContext = { children: ChildGroup; args: string[] }

export const require = createRequire(import.meta.url)
export const packageFile = (name: string, file: string): string =>
  join(dirname(require.resolve(`${name}/package.json`)), file)

/** The result of a step that is one command. */
export const exitCodeResult = (exitCode: number): TestStepResult =>
  exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }

export const skipped = (reason: string): TestStepResult => ({
  passed: 0,
  failed: 0,
  detail: `skipped: ${reason}`,
})

/** The path for a runner's report. Deletes the report of an earlier run. */
export function newReport(name: string): string {
  const folder = join(root, '.data/reports')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  rmSync(file, { force: true })
  return file
}

/** A failed test in two lines: its name and the first line of its message. */
export const failure = (name: string, message = ''): string =>
  `${name}\n    ${stripVTControlCharacters(message).trim().split('\n', 1)[0]}`

/**
 * Reads a runner's report. A runner that failed without a failing test, or wrote no report, counts
 * as one failure.
 */
export function readReport<Report>(
  file: string,
  exitCode: number,
  count: (report: Report) => TestStepResult,
): TestStepResult {
  if (!existsSync(file))
    return { passed: 0, failed: 1, detail: `exited with code ${exitCode} and wrote no report` }
  const result = count(JSON.parse(readFileSync(file, 'utf8')))
  if (result.passed + result.failed === 0) return { ...result, failed: 1, detail: 'ran no test' }
  return exitCode !== 0 && result.failed === 0
    ? { ...result, failed: 1, detail: 'an error outside any test' }
    : result
}
