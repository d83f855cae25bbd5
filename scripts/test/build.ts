import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from '../lock.mjs'
import type { ProcessIdentity } from '../processes.mjs'
import { root } from '../root.mjs'
import {
  require,
  exitCodeResult,
  skipped,
  type TestStepContext,
  type TestStepResult,
} from './step-result.ts'

/** Runs `work` while no other process writes or uses the build of this checkout. */
export function withBuildLock<Result>(work: () => Promise<Result>): Promise<Result> {
  const onWait = (owner?: ProcessIdentity) =>
    console.error(
      `Another test run (process ${owner?.pid}) is using the build of this checkout; waiting for it …`,
    )
  return withLock(join(root, '.data/build.lock'), work, { waitMs: 900_000, onWait })
}

/** Builds without a database or secrets, as `npm run build` has to work on a build machine. */
export async function build({ children }: TestStepContext): Promise<TestStepResult> {
  if (!existsSync(join(root, 'app'))) return skipped('there is no app/')
  return await withBuildLock(async () => {
    // After a failed build the browser tests must not find an older one.
    rmSync(join(root, '.next/standalone'), { recursive: true, force: true })
    const next = children.start('next build', [require.resolve('next/dist/bin/next'), 'build'], {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    })
    return exitCodeResult((await next.ended).code)
  })
}
