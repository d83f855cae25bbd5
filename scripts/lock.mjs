import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeProcess, isAlive } from './processes.mjs'

const abandonedAfterMs = 10_000

// Returns a release function, or undefined when a live process holds the lock.
export function tryLock(file) {
  mkdirSync(dirname(file), { recursive: true })
  if (claim(file)) return () => rmSync(file, { force: true })
  const owner = lockOwner(file)
  if (owner !== undefined && isAlive(owner)) return undefined
  removeStale(file)
  return claim(file) ? () => rmSync(file, { force: true }) : undefined
}

export async function withLock(file, work, { waitMs = 120_000, onWait = () => {} } = {}) {
  const deadline = Date.now() + waitMs
  let told = false
  for (;;) {
    const release = tryLock(file)
    if (release !== undefined) {
      try {
        return await work()
      } finally {
        release()
      }
    }
    if (Date.now() > deadline) {
      throw new Error(
        `${file} has been held by process ${lockOwner(file)?.pid} for ${waitMs / 1000} s; end that process or try again later`,
      )
    }
    if (!told) onWait(lockOwner(file))
    told = true
    await sleep(100)
  }
}

export function lockOwner(file) {
  return readIfThere(file, (text) => JSON.parse(text))
}

// A hard link appears with its content or not at all, so nobody ever reads a half-written owner.
function claim(file) {
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`
  writeFileSync(draft, JSON.stringify(describeProcess()))
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

// Whoever removes a stale lock holds a second one meanwhile: two at once could remove each other's
// fresh lock.
function removeStale(file) {
  const guard = `${file}.removing`
  if (!claim(guard)) {
    const age = ageOf(guard)
    if (age !== undefined && age > abandonedAfterMs) rmSync(guard, { force: true })
    return
  }
  try {
    const owner = lockOwner(file)
    if (owner !== undefined && !isAlive(owner)) rmSync(file, { force: true })
  } finally {
    rmSync(guard, { force: true })
  }
}

function ageOf(file) {
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs
  return made === undefined ? undefined : Date.now() - made
}

function readIfThere(file, parse) {
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
