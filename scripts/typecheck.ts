// npm run typecheck: generates the route types first, which a fresh clone does not have.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { childGroup, stopRequested } from './children.mjs'
import { root } from './root.mjs'

const require = createRequire(import.meta.url)
const children = childGroup()
void stopRequested().then(async ({ code }) => {
  await children.stop()
  process.exit(code)
})

if (existsSync(join(root, 'app')))
  await run('next typegen', [require.resolve('next/dist/bin/next'), 'typegen'])
await run('tsc', [join(dirname(require.resolve('typescript/package.json')), 'bin/tsc'), '--noEmit'])

async function run(name: string, args: string[]): Promise<void> {
  const { code } = await children.start(name, args, {
    cwd: root,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
  }).ended
  if (code !== 0) process.exit(code)
}
