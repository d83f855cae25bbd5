import { join } from 'node:path'
import { root } from '../root.mjs'
import { single, type StepContext, type StepResult } from './step-result.ts'

export const lint = (context: StepContext): Promise<StepResult> => script('lint.ts', context)
export const types = (context: StepContext): Promise<StepResult> => script('typecheck.ts', context)

async function script(name: string, { children }: StepContext): Promise<StepResult> {
  return single(
    (await children.start(name, [join(root, 'scripts', name)], { cwd: root }).ended).code,
  )
}
