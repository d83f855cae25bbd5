// npm run rowhouse -- <command>. Prints nothing on standard output, which may have to be one JSON
// document.
import { childGroup, signalGroup, stopRequested } from './children.mjs'
import { developmentEnvironment, type Environment } from './environment.ts'
import { root } from './root.mjs'

const args = process.argv.slice(2)
const command = args[0] === '--file' ? args.slice(1) : ['db/cli/main.ts', ...args]

const stopping = stopRequested()
try {
  const { env, stop } = await developmentEnvironment('dev')
  try {
    process.exitCode = await run(env)
  } finally {
    await stop()
  }
} catch (error) {
  console.error(`rowhouse: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}

async function run(env: Environment): Promise<number> {
  const child = childGroup().start(command[0] ?? '', command, {
    env,
    cwd: root,
    stdio: 'inherit',
  })
  void stopping.then(({ signal }) => child.pid && signalGroup(child.pid, signal))
  return (await child.ended).code
}
