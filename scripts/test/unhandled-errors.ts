import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'
import { root } from '../root.mjs'

/**
 * A vitest reporter: writes the errors that no test caught, which the JSON reporter leaves out, to
 * the file that UNHANDLED_ERRORS_FILE names. Writes nothing if there are none.
 */
export default class UnhandledErrors implements Reporter {
  onTestRunEnd(_modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const file = process.env.UNHANDLED_ERRORS_FILE
    if (!file || errors.length === 0) return
    const described = errors.map(({ type, message, stack, VITEST_TEST_PATH: path }) => ({
      name: `${String(type ?? 'Error')} in ${path ? relative(root, String(path)) : 'no test file'}`,
      message: stack ?? message,
    }))
    writeFileSync(file, JSON.stringify(described))
  }
}
