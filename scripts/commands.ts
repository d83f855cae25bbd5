import { text } from 'node:stream/consumers'
import type { ChildGroup } from './children.mjs'
import type { Environment } from './environment.ts'
import type { DemoLogin } from '../db/seed/demo-logins.ts'
import { root } from './root.mjs'

export type { DemoLogin }

/** Runs a command and returns its standard output. If it fails, the error contains all its output. */
async function runCommand(args: string[], env: Environment, children: ChildGroup): Promise<string> {
  const child = children.start(args.join(' '), args, {
    env,
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { stdout, stderr } = child.process
  const [out, err, { code, how }] = await Promise.all([
    stdout ? text(stdout) : '',
    stderr ? text(stderr) : '',
    child.ended,
  ])
  if (code !== 0) throw new Error(`node ${args.join(' ')} ${how}:\n${`${err}\n${out}`.trim()}`)
  return out
}

export const runSetup = (env: Environment, children: ChildGroup): Promise<string> =>
  runCommand(['db/cli/main.ts', 'setup'], env, children)

export async function runDemoSeed(env: Environment, children: ChildGroup): Promise<DemoLogin[]> {
  const out = await runCommand(['db/cli/main.ts', 'seed', '--demo', '--json'], env, children)
  try {
    return JSON.parse(out).logins
  } catch (error) {
    throw new Error(`seed --demo --json did not print one JSON document:\n${out}`, { cause: error })
  }
}
