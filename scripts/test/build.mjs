import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from '../lock.mjs'
import { root } from '../root.mjs'
import { require, single, skipped } from './outcome.mjs'

export const buildLock = join(root, '.data/build.lock')
export const tellWaiting = (owner) =>
  console.error(
    `Another test run (process ${owner?.pid}) uses the build in this checkout; waiting for it …`,
  )

/** Without a database or a secret, as `npm run build` has to work on a build machine. */
export async function build({ children }) {
  if (!existsSync(join(root, 'app'))) return skipped('there is no app/ yet')
  return await withLock(
    buildLock,
    async () => {
      // After a failed build the browser tests must not meet an older one.
      rmSync(join(root, '.next/standalone'), { recursive: true, force: true })
      const env = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' }
      return single(
        (
          await children.start('next build', [require.resolve('next/dist/bin/next'), 'build'], {
            cwd: root,
            env,
          }).ended
        ).code,
      )
    },
    { waitMs: 900_000, onWait: tellWaiting },
  )
}
