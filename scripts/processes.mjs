import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * @typedef {{ pid: number, startedAt: string | undefined }} ProcessIdentity A process id alone is
 *   not enough: the system reuses ids, most quickly after a container restarts.
 */

/**
 * @param {number} pid
 * @returns {ProcessIdentity}
 */
export const identify = (pid) => ({ pid, startedAt: startTimeOf(pid) })

/** @param {ProcessIdentity | undefined} identity */
export function isAlive(identity) {
  const startedAt = identity && startTimeOf(identity.pid)
  return startedAt !== undefined && startedAt === identity?.startedAt
}

/**
 * @param {number} pid
 * @returns {string | undefined} the start time in a unit that depends on the platform; undefined for
 *   a process that has ended
 */
export function startTimeOf(pid) {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  if (process.platform === 'linux') return startTimeFromProc(pid)
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPERM') return undefined
  }
  return process.platform === 'win32' ? 'unknown' : startTimeFromPs(pid)
}

/**
 * @param {number} pid
 * @returns {number | undefined} undefined on systems other than Linux
 */
export function parentOf(pid) {
  return process.platform === 'linux' ? Number(fieldsFromProc(pid)?.[1]) || undefined : undefined
}

/** @param {number} pid */
function startTimeFromProc(pid) {
  const fields = fieldsFromProc(pid)
  // a zombie has ended
  return fields === undefined || fields[0] === 'Z' ? undefined : fields[19]
}

/**
 * @param {number} pid
 * @returns {string | undefined} the start time to the second
 */
export function startTimeFromPs(pid) {
  const { error, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  })
  return error ? 'unknown' : stdout.trim() || undefined
}

// The second field is the command in parentheses and may contain spaces, so the fields are counted
// from the closing parenthesis.
/** @param {number} pid */
function fieldsFromProc(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error)
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}
