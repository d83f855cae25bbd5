import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { identify, isAlive } from './processes.mjs'

/** @typedef {import('./processes.mjs').ProcessIdentity} ProcessIdentity */

const staleAfterMs = 10_000

/**
 * @param {string} file
 * @returns {(() => void) | undefined} releases the lock; undefined while a live process holds it
 */
export function tryLock(file) {
  mkdirSync(dirname(file), { recursive: true })
  if (createExclusively(file)) return () => rmSync(file, { force: true })
  const owner = lockOwner(file)
  if (owner !== undefined && isAlive(owner)) return undefined
  removeStale(file)
  return createExclusively(file) ? () => rmSync(file, { force: true }) : undefined
}

/**
 * @template Result
 * @param {string} file
 * @param {() => Result | Promise<Result>} work
 * @param {{ waitMs?: number, onWait?: (owner: ProcessIdentity | undefined) => void }} [options]
 * @returns {Promise<Result>}
 */
export async function withLock(file, work, { waitMs = 120_000, onWait = () => {} } = {}) {
  const deadline = Date.now() + waitMs
  let reported = false
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
        `process ${lockOwner(file)?.pid} has held ${file} for ${waitMs / 1000} s; end that process or try again later`,
      )
    }
    if (!reported) onWait(lockOwner(file))
    reported = true
    await sleep(100)
  }
}

/**
 * @param {string} file
 * @returns {ProcessIdentity | undefined}
 */
function lockOwner(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

// A hard link appears with its content or not at all, so no process reads a half-written owner.
/** @param {string} file */
function createExclusively(file) {
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`
  writeFileSync(draft, JSON.stringify(identify(process.pid)))
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

// Needs a second lock: two processes that remove a stale lock at once could remove each other's
// fresh one.
/** @param {string} file */
function removeStale(file) {
  const guard = `${file}.removing`
  if (!createExclusively(guard)) {
    const created = statSync(guard, { throwIfNoEntry: false })?.mtimeMs
    if (created !== undefined && Date.now() - created > staleAfterMs) rmSync(guard, { force: true })
    return
  }
  try {
    const owner = lockOwner(file)
    if (owner !== undefined && !isAlive(owner)) rmSync(file, { force: true })
  } finally {
    rmSync(guard, { force: true })
  }
}

/** @param {unknown} error */
const codeOf = (error) => /** @type {NodeJS.ErrnoException} */ (error).code
