import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { ChildGroup } from './children.mjs'
import type { Environment } from './environment.ts'
import type { DemoLogin } from '../db/seed/demo-logins.ts'
import { root } from './root.mjs'

export type { DemoLogin }

type RunOptions = { env: Environment; children: ChildGroup; cwd?: string; timeoutMs?: number }

/**
 * Runs a command of `npm run rowhouse` and returns its standard output. If it fails, the error
 * contains all its output.
 */
export async function runCommand(
  words: string[],
  { env, children, cwd = root, timeoutMs = 600_000 }: RunOptions,
): Promise<string> {
  const args = [join(root, 'db/cli/main.ts'), ...words]
  const child = children.start(words.join(' '), args, {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const timer = setTimeout(() => void children.end(child), timeoutMs)
  const { stdout, stderr } = child.process
  const [out, err, { code, how }] = await Promise.all([
    stdout ? text(stdout) : '',
    stderr ? text(stderr) : '',
    child.ended,
  ])
  clearTimeout(timer)
  if (code !== 0) throw new Error(`rowhouse ${words.join(' ')} ${how}: ${`${err}\n${out}`.trim()}`)
  return out
}

export const runSetup = (env: Environment, children: ChildGroup): Promise<string> =>
  runCommand(['setup'], { env, children })

export async function runDemoSeed(env: Environment, children: ChildGroup): Promise<DemoLogin[]> {
  const out = await runCommand(['seed', '--demo', '--json'], { env, children })
  try {
    return JSON.parse(out).logins
  } catch (error) {
    throw new Error(`seed --demo --json did not print one JSON document:\n${out}`, { cause: error })
  }
}
