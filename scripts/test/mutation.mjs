import { text } from 'node:stream/consumers'
import { developmentEnvironment } from '../environment.mjs'
import { root } from '../root.mjs'

/**
 * Takes defences away one by one and expects the suite to go red; in `npm test` the quick list,
 * alone all of them.
 */
export async function mutation({ children, args }) {
  const { stop } = await developmentEnvironment('test')
  try {
    const run = children.start('mutation', ['db/mutation/run.ts', ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [out] = await Promise.all([text(run.process.stdout), run.ended])
    console.log(out.trimEnd())
    const [, caught, missed] = /(\d+) caught, (\d+) missed\s*$/.exec(out) ?? [undefined, 0, 1]
    return { passed: Number(caught), failed: Number(missed) }
  } finally {
    await stop()
  }
}
