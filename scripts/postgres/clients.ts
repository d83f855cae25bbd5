import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identify, isAlive } from '../processes.mjs'

// One file per process that uses the server, so that the last one stops it. Call these functions
// under the server's lock.

/** Returns the file to pass to `removeClient`. */
export function addClient(home: string): string {
  const folder = join(home, 'clients')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${process.pid}-${Math.random().toString(36).slice(2, 8)}`)
  writeFileSync(file, JSON.stringify(identify(process.pid)))
  return file
}

export function removeClient(file: string): void {
  rmSync(file, { force: true })
}

export function hasClients(home: string): boolean {
  const folder = join(home, 'clients')
  let found = false
  for (const name of readdirSync(folder)) {
    const file = join(folder, name)
    if (isAlive(JSON.parse(readFileSync(file, 'utf8')))) found = true
    else rmSync(file, { force: true })
  }
  return found
}
