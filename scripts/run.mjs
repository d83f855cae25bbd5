// node scripts/run.mjs FILE …: installs the packages if any are missing or outdated, then runs FILE
// under the project's Node. Every npm script starts here, so this file and its imports run on
// Node 20.9 without packages.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { installPackages, projectNode } from './bootstrap.mjs'
import { childGroup, signalGroup, stopRequested } from './children.mjs'
import { root } from './root.mjs'

const [script = '', ...args] = process.argv.slice(2)
const file = join(root, script)

const node = await prepare()
if (node === undefined) process.exitCode = 1
else if (node === process.execPath) await runHere()
else process.exitCode = await runUnder(node)

async function prepare() {
  try {
    await installPackages()
    return projectNode()
  } catch (error) {
    console.error(`bootstrap: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

async function runHere() {
  process.argv = [process.execPath, file, ...args]
  await import(pathToFileURL(file).href)
}

// The first command after a clone, or one that was started by hand under another Node.
/** @param {string} program */
async function runUnder(program) {
  const child = childGroup().start(script, [file, ...args], { program, stdio: 'inherit' })
  void stopRequested().then(({ signal }) => child.pid && signalGroup(child.pid, signal))
  const { code, how } = await child.ended
  if (child.pid === undefined)
    console.error(`${program} ${how}; delete node_modules and run the command again`)
  return code
}
