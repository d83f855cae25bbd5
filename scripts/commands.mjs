import { text } from 'node:stream/consumers'
import { root } from './root.mjs'

/**
 * Runs a command of ours to its end and gives its standard output; a failure carries everything it
 * said.
 */
export async function command(args, env, children) {
  const child = children.start(args.join(' '), args, {
    env,
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err, { code, how }] = await Promise.all([
    text(child.process.stdout),
    text(child.process.stderr),
    child.ended,
  ])
  if (code !== 0) throw new Error(`node ${args.join(' ')} ${how}:\n${`${err}\n${out}`.trim()}`)
  return out
}

export const setUp = (env, children) => command(['db/cli/main.ts', 'setup'], env, children)

export async function seedDemo(env, children) {
  const out = await command(['db/cli/main.ts', 'seed', '--demo', '--json'], env, children)
  try {
    return JSON.parse(out).logins
  } catch (error) {
    throw new Error(
      `seed --demo --json did not print one JSON document (${error.message}):\n${out}`,
    )
  }
}
