import { developmentEnvironment } from '../environment.ts'
import { root } from '../root.mjs'
import { readReport, newReport, type TestStepContext, type TestStepResult } from './step-result.ts'

/**
 * Removes defences one by one and expects the suite to fail. `npm test` runs the quick ones only.
 */
export async function mutation({ children, args }: TestStepContext): Promise<TestStepResult> {
  const { stop } = await developmentEnvironment('test')
  try {
    const report = newReport('mutation.json')
    const run = children.start('mutation', ['db/mutation/run.ts', '--report', report, ...args], {
      cwd: root,
    })
    const { code } = await run.ended
    return readReport<{ caught: string[]; missed: string[] }>(
      report,
      code,
      ({ caught, missed }) => ({
        passed: caught.length,
        failed: missed.length,
        failures: missed.map((name) => `no test fails without: ${name}`),
      }),
    )
  } finally {
    await stop()
  }
}
