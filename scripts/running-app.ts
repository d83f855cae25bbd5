import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Child } from './children.mjs'
import { identify, isAlive, type ProcessIdentity } from './processes.mjs'
import { root } from './root.mjs'

type RunningApp = { owner: ProcessIdentity; url: string; children: ProcessIdentity[] }

const file = join(root, '.data/dev/running.json')

/** The `npm run dev` that runs in this checkout. */
export function runningApp(): RunningApp | undefined {
  const app = read()
  return app !== undefined && isAlive(app.owner) ? app : undefined
}

export function recordRunningApp(url: string, children: Child[]): void {
  mkdirSync(dirname(file), { recursive: true })
  const app: RunningApp = {
    owner: identify(process.pid),
    url,
    children: children.flatMap(({ pid }) => (pid === undefined ? [] : identify(pid))),
  }
  writeFileSync(`${file}.new`, JSON.stringify(app))
  renameSync(`${file}.new`, file)
}

export function forgetRunningApp(): void {
  rmSync(file, { force: true })
}

/** Children that outlived an `npm run dev` because it was killed with SIGKILL. */
export function orphans(): ProcessIdentity[] {
  const app = read()
  if (app === undefined || isAlive(app.owner)) return []
  return app.children.filter(isAlive)
}

function read(): RunningApp | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
