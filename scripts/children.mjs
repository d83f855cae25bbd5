import { execFileSync, spawn } from 'node:child_process'
import { parentOf } from './processes.mjs'

const graceMs = 8_000
const windows = process.platform === 'win32'

/** Children that live and end together: once stopped, nothing starts here any more. */
export function childGroup() {
  const children = new Set()
  let stopped = false
  return { start, end: (child) => stopAll([child]), stop }

  function start(name, args, options) {
    if (stopped) throw new Error(`not starting ${name}: everything is being stopped`)
    const child = startChild(name, args, options)
    children.add(child)
    void child.ended.then(() => children.delete(child))
    return child
  }

  async function stop() {
    stopped = true
    await stopAll([...children])
  }
}

// Each child leads a process group, so that stopping it stops whatever it has started itself.
function startChild(
  name,
  args,
  { program = process.execPath, stdio = ['ignore', 'inherit', 'inherit'], ...options } = {},
) {
  const child = spawn(program, args, { ...options, stdio, detached: !windows })
  const ended = new Promise((resolve) => {
    child.once('error', (error) =>
      resolve({ name, code: 1, how: `did not start: ${error.message}` }),
    )
    child.once('exit', (code, signal) =>
      resolve({
        name,
        code: exitCode(code, signal),
        how: signal ? `was ended by ${signal}` : `ended with exit code ${code}`,
      }),
    )
  })
  return { name, pid: child.pid, process: child, ended }
}

async function stopAll(children) {
  const started = children.filter((child) => child.pid !== undefined)
  for (const child of started) signalGroup(child.pid, 'SIGTERM')
  const timer = setTimeout(
    () => started.forEach((child) => signalGroup(child.pid, 'SIGKILL')),
    graceMs,
  )
  await Promise.all(children.map((child) => child.ended))
  clearTimeout(timer)
  // The leader is gone, but a grandchild may have ignored the signal.
  for (const child of started) signalGroup(child.pid, 'SIGKILL')
}

export function signalGroup(pid, signal) {
  try {
    if (windows) execFileSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' })
    else process.kill(-pid, signal)
  } catch (error) {
    if (!windows && error.code !== 'ESRCH') throw error
  }
}

export const exitCode = (code, signal) =>
  code ?? 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0)

/**
 * Resolves with the reason when this command is to end: a signal, or the death of whoever started
 * it.
 */
export function askedToStop() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
      process.on(signal, () => resolve({ signal, code: exitCode(null, signal) }))
    watchParent(() => resolve({ signal: 'SIGTERM', code: exitCode(null, 'SIGTERM') }))
  })
}

// npm and its shell die on a signal without passing it on.
function watchParent(onGone) {
  const underNpm = process.env.npm_lifecycle_event !== undefined
  const ancestors = () => [process.ppid, underNpm ? parentOf(process.ppid) : undefined].join()
  const before = ancestors()
  setInterval(() => ancestors() !== before && onGone(), 1_000).unref()
}
