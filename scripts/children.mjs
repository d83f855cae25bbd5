import { execFileSync, spawn } from 'node:child_process'
import { parentOf } from './processes.mjs'

const graceMs = 8_000
const windows = process.platform === 'win32'

/** @type {Partial<Record<NodeJS.Signals, number>>} */
const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }

/**
 * @typedef {{ name: string, code: number, how: string }} ChildExit `how` ends a sentence that begins
 *   with the name
 * @typedef {{
 *   name: string,
 *   pid: number | undefined,
 *   process: import('node:child_process').ChildProcess,
 *   ended: Promise<ChildExit>,
 * }} Child
 * @typedef {Omit<import('node:child_process').SpawnOptions, 'env'> & {
 *   env?: NodeJS.Dict<string>,
 *   program?: string,
 * }} ChildOptions `program` is the running Node by default
 * @typedef {ReturnType<typeof childGroup>} ChildGroup
 * @typedef {{ signal: NodeJS.Signals, code: number }} StopRequest `code` is the exit code for it
 */

/** Child processes that are stopped together. After `stop`, `start` throws. */
export function childGroup() {
  /** @type {Set<Child>} */
  const children = new Set()
  let stopped = false
  return {
    /**
     * @param {string} name - for messages
     * @param {string[]} args
     * @param {ChildOptions} [options]
     */
    start(name, args, options) {
      if (stopped) throw new Error(`cannot start ${name}: this command is stopping`)
      const child = startChild(name, args, options)
      children.add(child)
      void child.ended.then(() => children.delete(child))
      return child
    },
    /** @param {Child} child */
    end: (child) => stopAll([child]),
    async stop() {
      stopped = true
      await stopAll([...children])
    },
  }
}

// Each child leads a process group, so that stopping it also stops what it has started.
/**
 * @param {string} name
 * @param {string[]} args
 * @param {ChildOptions} [options]
 * @returns {Child}
 */
function startChild(
  name,
  args,
  { program = process.execPath, env, stdio = ['ignore', 'inherit', 'inherit'], ...options } = {},
) {
  const child = spawn(program, args, {
    ...options,
    env: /** @type {NodeJS.ProcessEnv} */ (env ?? process.env),
    stdio,
    detached: !windows,
  })
  /** @type {Promise<ChildExit>} */
  const ended = new Promise((resolve) => {
    child.once('error', (error) =>
      resolve({ name, code: 1, how: `did not start: ${error.message}` }),
    )
    child.once('exit', (code, signal) =>
      resolve({
        name,
        code: exitCode(code, signal),
        how: signal ? `was ended by ${signal}` : `exited with code ${code}`,
      }),
    )
  })
  return { name, pid: child.pid, process: child, ended }
}

/** @param {Child[]} children */
async function stopAll(children) {
  const pids = children.flatMap(({ pid }) => pid ?? [])
  for (const pid of pids) signalGroup(pid, 'SIGTERM')
  const timer = setTimeout(() => {
    for (const pid of pids) signalGroup(pid, 'SIGKILL')
  }, graceMs)
  await Promise.all(children.map((child) => child.ended))
  clearTimeout(timer)
  // The leader is gone, but a grandchild may have ignored the signal.
  for (const pid of pids) signalGroup(pid, 'SIGKILL')
}

/**
 * Signals a child and everything that it has started. Does nothing if they have ended.
 * @param {number} pid
 * @param {NodeJS.Signals} signal - on Windows the processes are always killed
 */
export function signalGroup(pid, signal) {
  try {
    if (windows) execFileSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' })
    else process.kill(-pid, signal)
  } catch (error) {
    if (!windows && /** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error
  }
}

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 * @returns {number} the exit code as a shell reports it
 */
const exitCode = (code, signal) => code ?? 128 + ((signal && signalNumbers[signal]) ?? 0)

/** @returns {Promise<StopRequest>} resolves when this command has to stop */
export const stopRequested = () => new Promise((resolve) => onStopRequested(resolve))

/**
 * Calls `handler` when this command has to stop: on a signal, or when the process that started it is
 * gone.
 * @param {(request: StopRequest) => void} handler
 * @returns {() => void} removes the handler
 */
export function onStopRequested(handler) {
  /** @param {NodeJS.Signals} signal */
  const request = (signal) => handler({ signal, code: exitCode(null, signal) })
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
  for (const signal of signals) process.on(signal, request)
  const watch = watchParent(() => request('SIGTERM'))
  return () => {
    for (const signal of signals) process.off(signal, request)
    clearInterval(watch)
  }
}

// npm and its shell die on a signal without forwarding it.
/** @param {() => void} onGone */
function watchParent(onGone) {
  const underNpm = process.env.npm_lifecycle_event !== undefined
  const ancestors = () => [process.ppid, underNpm ? parentOf(process.ppid) : undefined].join()
  const before = ancestors()
  return setInterval(() => ancestors() !== before && onGone(), 1_000).unref()
}
