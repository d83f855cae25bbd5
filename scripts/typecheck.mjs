// npm run typecheck: the types of the routes are generated first, a fresh clone has none.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { askedToStop, childGroup } from './children.mjs'
import { root } from './root.mjs'

const require = createRequire(import.meta.url)
const children = childGroup()
void askedToStop().then(async ({ code }) => {
  await children.stop()
  process.exit(code)
})

if (existsSync(join(root, 'app')))
  await run('next typegen', [require.resolve('next/dist/bin/next'), 'typegen'])
await run('tsc', [join(dirname(require.resolve('typescript/package.json')), 'bin/tsc'), '--noEmit'])

async function run(name, args) {
  const { code } = await children.start(name, args, {
    cwd: root,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
  }).ended
  if (code !== 0) process.exit(code)
}
