// Runs before anything is installed: Node 20.9, no dependencies.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { askedToStop, childGroup } from './children.mjs'
import { withLock } from './lock.mjs'
import { root } from './root.mjs'

const stampFile = join(root, 'node_modules/.bootstrap')
const lockfile = join(root, 'package-lock.json')

const children = childGroup()
void askedToStop().then(async ({ code }) => {
  await children.stop()
  process.exit(code)
})

try {
  refuseOldNode(process.versions.node, [20, 9], 'to install the packages')
  if (!isStamped())
    await withLock(join(root, '.data/bootstrap.lock'), install, {
      waitMs: 900_000,
      onWait: tellWaiting,
    })
  refuseOldNode(nodeOfScripts(), [22, 18], 'to run TypeScript as it is')
} catch (error) {
  console.error(`bootstrap: ${error.message}`)
  process.exitCode = 1
}

async function install() {
  if (isStamped()) return
  if (!isInstalled()) {
    console.error('Installing packages (npm ci); the first time takes about a minute …')
    const started = Date.now()
    // a NODE_ENV of production would leave out what builds and tests
    await npm('ci', '--include=dev', '--loglevel=error', '--no-fund', '--no-audit')
    console.error(`Packages installed in ${Math.round((Date.now() - started) / 1000)} s.`)
  }
  writeFileSync(stampFile, hashOfLockfile())
}

function tellWaiting(owner) {
  console.error(`Another command (process ${owner?.pid}) is installing packages; waiting for it …`)
}

function isStamped() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hashOfLockfile()
}

function hashOfLockfile() {
  return createHash('sha256').update(readFileSync(lockfile)).digest('hex')
}

// Somebody who has just run `npm install` by hand should not wait for a second one.
function isInstalled() {
  const record = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(record)) return false
  const there = JSON.parse(readFileSync(record, 'utf8')).packages
  const wanted = Object.entries(JSON.parse(readFileSync(lockfile, 'utf8')).packages)
  return wanted.every(
    ([path, entry]) =>
      path === '' ||
      there[path]?.version === entry.version ||
      (there[path] === undefined && notForHere(entry)),
  )
}

// An optional package without a system of its own is needed only by one that is not for this
// machine either.
function notForHere({ optional, os, cpu, libc }) {
  if (!optional) return false
  const unbound = os === undefined && cpu === undefined
  return unbound || libc !== undefined || !fits(os, process.platform) || !fits(cpu, process.arch)
}

// A single name, a list of names, or a list of names with "!" for those that are left out.
function fits(wanted = [], here) {
  const list = [wanted].flat()
  if (list.length === 0) return true
  return list.some((item) => item.startsWith('!'))
    ? !list.includes(`!${here}`)
    : list.includes(here)
}

// npm itself stays on the Node it was started with: ours lives in the folder that `npm ci` is about
// to delete.
async function npm(...args) {
  const { npm_execpath: npmFile, npm_node_execpath: outerNode = process.execPath } = process.env
  const options = { cwd: root, stdio: ['ignore', 2, 2] }
  const child = npmFile?.endsWith('.js')
    ? children.start('npm', [npmFile, ...args], { ...options, program: outerNode })
    : children.start('npm', args, {
        ...options,
        program: process.platform === 'win32' ? 'npm.cmd' : 'npm',
        shell: process.platform === 'win32',
      })
  const { how, code } = await child.ended
  if (code !== 0)
    throw new Error(
      `npm ${args[0]} ${how}; its message is above. Repair that and run the same command again`,
    )
}

function nodeOfScripts() {
  const own = join(root, 'node_modules/.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
  if (!existsSync(own)) return process.versions.node
  const answer = spawnSync(own, ['--version'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (answer.status !== 0)
    throw new Error(
      `${own} does not start (${answer.error?.message ?? answer.stderr}); delete node_modules and run the command again`,
    )
  return answer.stdout.trim().slice(1)
}

function refuseOldNode(version, [major, minor], purpose) {
  const [haveMajor, haveMinor] = version.split('.').map(Number)
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return
  throw new Error(
    `Node ${version} is in use, but ${major}.${minor} or later is needed ${purpose}; install a current Node.js (nodejs.org) and run the command again`,
  )
}
