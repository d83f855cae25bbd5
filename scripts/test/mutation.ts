import { text } from 'node:stream/consumers'
import { developmentEnvironment } from '../environment.ts'
import { root } from '../root.mjs'
import type { StepContext, StepResult } from './step-result.ts'

/**
 * Removes defences one by one and expects the suite to fail. `npm test` runs the quick list, the step
 * alone runs all.
 */
export async function mutation({ children, args }: StepContext): Promise<StepResult> {
  const { stop } = await developmentEnvironment('test')
  try {
    const run = children.start('mutation', ['db/mutation/run.ts', ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const { stdout } = run.process
    const [out] = await Promise.all([stdout ? text(stdout) : '', run.ended])
    console.log(out.trimEnd())
    const [, caught, missed] = /(\d+) caught, (\d+) missed\s*$/.exec(out) ?? [undefined, 0, 1]
    return { passed: Number(caught), failed: Number(missed) }
  } finally {
    await stop()
  }
}
