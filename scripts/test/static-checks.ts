import { join } from 'node:path'
import { root } from '../root.mjs'
import { exitCodeResult, type TestStepContext, type TestStepResult } from './step-result.ts'

export const lint = (context: TestStepContext): Promise<TestStepResult> =>
  script('lint.ts', context)
export const types = (context: TestStepContext): Promise<TestStepResult> =>
  script('typecheck.ts', context)

async function script(name: string, { children }: TestStepContext): Promise<TestStepResult> {
  return exitCodeResult(
    (await children.start(name, [join(root, 'scripts', name)], { cwd: root }).ended).code,
  )
}
