import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { failureOf, installWithApt } from './programs.ts'

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
const startTimeoutMs = 30_000

/** The path of a Chromium for the browser tests. Installs one if there is none. */
export async function findBrowser(): Promise<string> {
  const found =
    configured() ??
    (await playwrightBrowser()) ??
    systemBrowser() ??
    (await downloadBrowser()) ??
    installBrowser()
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
  const failed = failureOf(path, ['--version'], { timeout: startTimeoutMs })
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
  const failed = failureOf(
    process.execPath,
    [join(dirname(manifest), 'cli.js'), 'install', 'chromium'],
    { timeout: downloadTimeoutMs },
  )
  if (failed === undefined) return await playwrightBrowser()
  log(`Playwright could not download it: ${failed}`)
  return undefined
}

function installBrowser(): string | undefined {
  const failed = installWithApt('chromium')
  if (failed !== undefined) log(failed)
  return systemBrowser()
}

function log(line: string): void {
  console.error(`browser: ${line}`)
}
