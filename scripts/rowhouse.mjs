// npm run rowhouse -- <command>: prints nothing of its own on standard output, which may have to be
// one JSON document.
import { askedToStop, childGroup, signalGroup } from './children.mjs'
import { developmentEnvironment } from './environment.mjs'
import { root } from './root.mjs'

const other = process.argv[2] === '--file'
const program = other ? process.argv[3] : 'db/cli/main.ts'
const args = process.argv.slice(other ? 4 : 2)

const stopping = askedToStop()
try {
  const { env, stop } = await developmentEnvironment('dev')
  try {
    process.exitCode = await run(env)
  } finally {
    await stop()
  }
} catch (error) {
  console.error(`rowhouse: ${error.message}`)
  process.exitCode = 1
}

async function run(env) {
  const child = childGroup().start(program, [program, ...args], {
    env,
    cwd: root,
    stdio: 'inherit',
  })
  void stopping.then(({ signal }) => child.pid && signalGroup(child.pid, signal))
  return (await child.ended).code
}
