import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describeProcess, isAlive } from './processes.mjs'
import { root } from './root.mjs'

const file = join(root, '.data/dev/running.json')

/** What `npm run dev` in this checkout has told of itself, while it lives. */
export function runningApp() {
  const noted = read()
  return noted !== undefined && isAlive(noted.owner) ? noted : undefined
}

export function noteRunningApp(url, children) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(
    `${file}.new`,
    JSON.stringify({
      owner: describeProcess(),
      url,
      children: children.map((child) => describeProcess(child.pid)),
    }),
  )
  renameSync(`${file}.new`, file)
}

export function forgetRunningApp() {
  rmSync(file, { force: true })
}

/**
 * Children that outlived a `npm run dev` which was killed with SIGKILL, and so could not stop them.
 */
export function orphans() {
  const noted = read()
  if (noted === undefined || isAlive(noted.owner)) return []
  return noted.children.filter(isAlive)
}

function read() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
