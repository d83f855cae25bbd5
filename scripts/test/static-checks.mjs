import { join } from 'node:path'
import { root } from '../root.mjs'
import { single } from './outcome.mjs'

export const lint = (context) => script('lint.mjs', context)
export const types = (context) => script('typecheck.mjs', context)

async function script(name, { children }) {
  return single(
    (await children.start(name, [join(root, 'scripts', name)], { cwd: root }).ended).code,
  )
}
