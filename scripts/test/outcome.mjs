import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { root } from '../root.mjs'

export const require = createRequire(import.meta.url)
export const fileOf = (name, file) => join(dirname(require.resolve(`${name}/package.json`)), file)

/** A step that either holds or does not. */
export const single = (code) => (code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 })

export const skipped = (note) => ({ passed: 0, failed: 0, note: `skipped: ${note}` })

/** A place for a runner's report, with no older one left in it. */
export function freshReport(name) {
  const folder = join(root, '.data/reports')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  rmSync(file, { force: true })
  return file
}

/** A failed test in two lines: its name, and the beginning of what it said. */
export const failure = (name, message = '') =>
  `${name}\n    ${stripVTControlCharacters(message).trim().split('\n', 1)[0]}`

/**
 * The runner's own count; a runner that failed without a failing test, or left no report, counts as
 * one failure.
 */
export function counted(file, code, count) {
  if (!existsSync(file))
    return { passed: 0, failed: 1, note: `it ended with ${code} and left no report` }
  const outcome = count(JSON.parse(readFileSync(file, 'utf8')))
  if (outcome.passed + outcome.failed === 0)
    return { ...outcome, failed: 1, note: 'no test was run' }
  return code !== 0 && outcome.failed === 0
    ? { ...outcome, failed: 1, note: 'an error outside of any test' }
    : outcome
}
