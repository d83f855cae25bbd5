import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const programs = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
]
const elsewhere = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: [
    `${process.env.PROGRAMFILES}\\Google\\Chrome\\Application\\chrome.exe`,
    `${process.env['PROGRAMFILES(X86)']}\\Microsoft\\Edge\\Application\\msedge.exe`,
  ],
}
const downloadTimeoutMs = 180_000
const packageTimeoutMs = 420_000
const startTimeoutMs = 30_000

/** The path of a Chromium for the browser tests; installs one when there is none. */
export async function findBrowser() {
  return (
    configured() ??
    (await playwrights()) ??
    systems() ??
    (await downloaded()) ??
    packaged() ??
    missing()
  )
}

function configured() {
  const path = process.env.E2E_BROWSER
  if (!path) return undefined
  if (existsSync(path)) return path
  throw new Error(`E2E_BROWSER is ${path}, but nothing is there; correct it or leave it unset`)
}

async function playwrights() {
  const { chromium } = await import('@playwright/test')
  const path = chromium.executablePath()
  return path && starts(path) ? path : undefined
}

// One that was only downloaded may lack the system's libraries, and a name in the PATH may stand
// for a package that is not there.
function starts(path) {
  if (!existsSync(path)) return false
  // elsewhere it brings its libraries along, and on Windows the question would open a window
  if (process.platform !== 'linux') return true
  const failed = run(path, ['--version'], startTimeoutMs)
  if (failed !== undefined) say(`${path} does not start: ${failed}`)
  return failed === undefined
}

function systems() {
  const folders = (process.env.PATH ?? '').split(process.platform === 'win32' ? ';' : ':')
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const candidates = programs.flatMap((name) =>
    folders.map((folder) => join(folder, name + suffix)),
  )
  return [...candidates, ...(elsewhere[process.platform] ?? [])].find(starts)
}

async function downloaded() {
  say('There is no Chromium here: trying Playwright’s own …')
  const manifest = createRequire(import.meta.url).resolve('@playwright/test/package.json')
  const done = run(
    process.execPath,
    [join(dirname(manifest), 'cli.js'), 'install', 'chromium'],
    downloadTimeoutMs,
  )
  if (done === undefined) return await playwrights()
  say(`Playwright could not download one (${done}).`)
  return undefined
}

function packaged() {
  if (process.getuid?.() !== 0 || !isDebianLike()) return undefined
  say('Installing the system’s chromium with apt-get (about a minute) …')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-q'],
    ['install', '-yq', '--no-install-recommends', 'chromium'],
  ]) {
    const failed = run('apt-get', args, packageTimeoutMs, env)
    if (failed !== undefined) say(`apt-get ${args[0]} failed: ${failed}`)
  }
  return systems()
}

function isDebianLike() {
  return (
    existsSync('/etc/os-release') &&
    /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
  )
}

function missing() {
  throw new Error(
    'no Chromium was found and none could be installed; install Chrome or Chromium and set E2E_BROWSER to its path',
  )
}

// Undefined when it worked, otherwise the reason in one line.
function run(program, args, timeout, env = process.env) {
  const done = spawnSync(program, args, {
    env,
    timeout,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (done.status === 0) return undefined
  if (done.error) return done.error.message
  const lines = `${done.stderr}\n${done.stdout}`.trim().split('\n')
  return lines.find((line) => /error|^E:/i.test(line)) ?? lines.at(-1)
}

function say(line) {
  console.error(`browser: ${line}`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(await findBrowser())
  } catch (error) {
    console.error(`browser: ${error.message}`)
    process.exitCode = 1
  }
}
