import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const programs = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
]
const installed: Partial<Record<NodeJS.Platform, string[]>> = {
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

/** The path of a Chromium for the browser tests. Installs one if there is none. */
export async function findBrowser(): Promise<string> {
  const found =
    configured() ??
    (await playwrightBrowser()) ??
    systemBrowser() ??
    (await downloadBrowser()) ??
    installWithApt()
  if (found !== undefined) return found
  throw new Error(
    'found no Chromium and could not install one; install Chrome or Chromium and set E2E_BROWSER to its path',
  )
}

function configured(): string | undefined {
  const path = process.env.E2E_BROWSER
  if (!path) return undefined
  if (existsSync(path)) return path
  throw new Error(`E2E_BROWSER is ${path}, which does not exist; correct or unset it`)
}

async function playwrightBrowser(): Promise<string | undefined> {
  const { chromium } = await import('@playwright/test')
  const path = chromium.executablePath()
  return path && starts(path) ? path : undefined
}

// A downloaded browser may lack system libraries, and a program in the PATH may be a stub that only
// names a package to install.
function starts(path: string): boolean {
  if (!existsSync(path)) return false
  // Other systems bundle its libraries, and on Windows --version would open a window.
  if (process.platform !== 'linux') return true
  const failed = run(path, ['--version'], startTimeoutMs)
  if (failed !== undefined) log(`${path} does not start: ${failed}`)
  return failed === undefined
}

function systemBrowser(): string | undefined {
  const folders = (process.env.PATH ?? '').split(process.platform === 'win32' ? ';' : ':')
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const candidates = programs.flatMap((name) =>
    folders.map((folder) => join(folder, name + suffix)),
  )
  return [...candidates, ...(installed[process.platform] ?? [])].find(starts)
}

async function downloadBrowser(): Promise<string | undefined> {
  log('found no Chromium; downloading Playwright’s …')
  const manifest = createRequire(import.meta.url).resolve('@playwright/test/package.json')
  const failed = run(
    process.execPath,
    [join(dirname(manifest), 'cli.js'), 'install', 'chromium'],
    downloadTimeoutMs,
  )
  if (failed === undefined) return await playwrightBrowser()
  log(`Playwright could not download it: ${failed}`)
  return undefined
}

function installWithApt(): string | undefined {
  if (process.getuid?.() !== 0 || !isDebianLike()) return undefined
  log('installing chromium with apt-get (about a minute) …')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-q'],
    ['install', '-yq', '--no-install-recommends', 'chromium'],
  ]) {
    const failed = run('apt-get', args, packageTimeoutMs, env)
    if (failed !== undefined) log(`apt-get ${args[0]} failed: ${failed}`)
  }
  return systemBrowser()
}

function isDebianLike(): boolean {
  return (
    existsSync('/etc/os-release') &&
    /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
  )
}

/** Returns one line that says why the program failed, or undefined if it succeeded. */
function run(
  program: string,
  args: string[],
  timeout: number,
  env = process.env,
): string | undefined {
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
  return lines.find((line) => /error|^E:/i.test(line)) || lines.at(-1) || `exit code ${done.status}`
}

function log(line: string): void {
  console.error(`browser: ${line}`)
}
