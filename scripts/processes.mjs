import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

// A process id alone is not enough: ids are used again, soonest of all after a container restarts.
export function stampOf(pid) {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  if (process.platform === 'linux') return stampFromProc(pid)
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error.code !== 'EPERM') return undefined
  }
  return process.platform === 'win32' ? 'alive' : stampFromPs(pid)
}

export const describeProcess = (pid = process.pid) => ({ pid, stamp: stampOf(pid) })

export function isAlive(described) {
  const stamp = stampOf(described?.pid)
  return stamp !== undefined && stamp === described.stamp
}

export function parentOf(pid) {
  return process.platform === 'linux' ? Number(fieldsFromProc(pid)?.[1]) || undefined : undefined
}

function stampFromProc(pid) {
  const fields = fieldsFromProc(pid)
  // A zombie holds nothing any more.
  return fields === undefined || fields[0] === 'Z' ? undefined : fields[19]
}

// When it was started, to the second; nothing for a process that is gone.
export function stampFromPs(pid) {
  const { error, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  })
  return error ? 'alive' : stdout.trim() || undefined
}

// The second field is the command in brackets and may hold spaces: count from the closing bracket.
function fieldsFromProc(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined
    throw error
  }
}
