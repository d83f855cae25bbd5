import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeProcess, isAlive } from '../processes.mjs'

// One file per process that uses the server: whoever leaves last stops it. Call these under the
// server's lock.
export function enter(home) {
  const folder = join(home, 'users')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${process.pid}-${Math.random().toString(36).slice(2, 8)}`)
  writeFileSync(file, JSON.stringify(describeProcess()))
  return file
}

export function leave(file) {
  rmSync(file, { force: true })
}

export function anyoneLeft(home) {
  const folder = join(home, 'users')
  let left = false
  for (const name of readdirSync(folder)) {
    const file = join(folder, name)
    if (isAlive(JSON.parse(readFileSync(file, 'utf8')))) left = true
    else rmSync(file, { force: true })
  }
  return left
}
