import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { childGroup, onStopRequested } from './children.mjs'
import { withLock } from './lock.mjs'
import { root } from './root.mjs'

const stampFile = join(root, 'node_modules/.bootstrap')
const lockfile = join(root, 'package-lock.json')
const minimumToInstall = [20, 9]
const minimumToRunTypeScript = [22, 18]

/** Runs `npm ci` if the packages do not match the lockfile. One process at a time. */
export async function installPackages() {
  requireNode(process.versions.node, minimumToInstall, 'to install the packages')
  if (isStamped()) return
  const children = childGroup()
  const ignoreStopRequests = onStopRequested(async ({ code }) => {
    await children.stop()
    process.exit(code)
  })
  try {
    await withLock(join(root, '.data/bootstrap.lock'), () => install(children), {
      waitMs: 900_000,
      onWait: (owner) =>
        console.error(
          `Another command (process ${owner?.pid}) is installing packages; waiting for it …`,
        ),
    })
  } finally {
    ignoreStopRequests()
  }
}

/**
 * @returns {string} the Node that runs TypeScript: the one among the packages, or the current one on
 *   systems for which there is no such package
 */
export function projectNode() {
  const [system, extension] =
    process.platform === 'win32' ? ['win', '.exe'] : [process.platform, '']
  const packaged = join(root, `node_modules/node-${system}-${process.arch}/bin/node${extension}`)
  if (existsSync(packaged)) return realpathSync(packaged)
  requireNode(process.versions.node, minimumToRunTypeScript, 'to run TypeScript without a build')
  return process.execPath
}

/** @param {import('./children.mjs').ChildGroup} children */
async function install(children) {
  if (isStamped()) return
  if (!isInstalled()) {
    console.error('Installing packages (npm ci); the first time takes about a minute …')
    const started = Date.now()
    // NODE_ENV=production would omit what builds and tests need
    await npm(children, ['ci', '--include=dev', '--loglevel=error', '--no-fund', '--no-audit'])
    console.error(`Packages installed in ${Math.round((Date.now() - started) / 1000)} s.`)
  }
  writeFileSync(stampFile, lockfileHash())
}

function isStamped() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockfileHash()
}

function lockfileHash() {
  return createHash('sha256').update(readFileSync(lockfile)).digest('hex')
}

/**
 * @typedef {{ version?: string, optional?: boolean, os?: string[], cpu?: string[], libc?: string[]
 * }} LockedPackage
 */

// Avoids a second install after `npm install` by hand.
function isInstalled() {
  const record = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(record)) return false
  const installed = packagesIn(record)
  return Object.entries(packagesIn(lockfile)).every(
    ([path, locked]) =>
      path === '' ||
      installed[path]?.version === locked.version ||
      (installed[path] === undefined && !isForThisMachine(locked)),
  )
}

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage>}
 */
function packagesIn(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages
}

// npm skips an optional package of another platform, and then its dependencies too, which name no
// platform themselves.
/** @param {LockedPackage} locked */
function isForThisMachine({ optional, os, cpu, libc }) {
  if (!optional) return true
  if (os === undefined && cpu === undefined) return false
  return libc === undefined && allows(os, process.platform) && allows(cpu, process.arch)
}

/**
 * @param {string | string[] | undefined} list - names, or names with a leading "!" to exclude
 * @param {string} name
 */
function allows(list = [], name) {
  const items = [list].flat()
  if (items.length === 0) return true
  return items.some((item) => item.startsWith('!'))
    ? !items.includes(`!${name}`)
    : items.includes(name)
}

/**
 * Runs npm under the outer Node, because `npm ci` deletes the folder that contains the project's.
 *
 * @param {import('./children.mjs').ChildGroup} children
 * @param {string[]} args
 */
export async function npm(children, args) {
  const { npm_execpath: npmFile, npm_node_execpath: outerNode = process.execPath } = process.env
  /** @type {import('./children.mjs').ChildOptions} */
  const options = { cwd: root, stdio: ['ignore', 2, 2] }
  const windows = process.platform === 'win32'
  const child = npmFile?.endsWith('.js')
    ? children.start('npm', [npmFile, ...args], { ...options, program: outerNode })
    : children.start('npm', args, {
        ...options,
        program: windows ? 'npm.cmd' : 'npm',
        shell: windows,
      })
  const { how, code } = await child.ended
  if (code !== 0)
    throw new Error(
      `npm ${args[0]} ${how} (see its message above); fix the cause and run the same command again`,
    )
}

/**
 * @param {string} version
 * @param {number[]} minimum - major and minor
 * @param {string} purpose
 */
function requireNode(version, [major = 0, minor = 0], purpose) {
  const [haveMajor = 0, haveMinor = 0] = version.split('.').map(Number)
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return
  throw new Error(
    `this is Node ${version}, but ${major}.${minor} or later is needed ${purpose}; install a current Node.js (nodejs.org) and run the command again`,
  )
}
