import { execFile } from 'node:child_process'
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { isFree } from '../ports.ts'
import { startTimeOf } from '../processes.mjs'
import type { ServerAccount } from './account.ts'
import type { Binaries } from './binaries.ts'
import { settings } from './settings.ts'

const run = promisify(execFile)
const rotateAboveBytes = 5_000_000

/** One data directory and the server that runs on it. */
export type Cluster = {
  data: string
  log: string
  isInitialised: () => boolean
  initialise: (password: string) => Promise<void>
  /** The port of the running server. */
  running: () => number | undefined
  /** False if another program has taken the port. */
  start: (port: number) => Promise<boolean>
  stop: () => Promise<void>
}

type ClusterOptions = {
  home: string
  binaries: Binaries
  account: ServerAccount | undefined
  durable: boolean
}

type Paths = ClusterOptions & { data: string; log: string }

export function cluster(options: ClusterOptions): Cluster {
  const { home, binaries } = options
  const data = join(home, binaries.native ? 'postgres' : `postgres-${binaries.major}`)
  const log = join(home, 'postgres.log')
  const paths = { ...options, data, log }
  return {
    data,
    log,
    isInitialised: () => isInitialised(paths),
    initialise: (password) => initialise(paths, password),
    running: () => running(data),
    start: (port) => start(paths, port),
    stop: () => stop(paths),
  }
}

function isInitialised({ data, binaries, durable }: Paths): boolean {
  const marker = join(data, 'PG_VERSION')
  if (!existsSync(marker)) return false
  const version = Number(readFileSync(marker, 'utf8'))
  if (version === binaries.major) return true
  if (durable)
    throw new Error(
      `${data} belongs to PostgreSQL ${version}, but version ${binaries.major} is installed; dump what you need with the old version, then run npm run db:reset`,
    )
  rmSync(data, { recursive: true })
  return false
}

// Created under another name and renamed, so that an interrupted run leaves no incomplete cluster.
async function initialise(paths: Paths, password: string): Promise<void> {
  const { home, data, binaries, account } = paths
  const draft = `${data}.new`
  const secret = join(home, 'initdb-password')
  rmSync(draft, { recursive: true, force: true })
  rmSync(data, { recursive: true, force: true })
  mkdirSync(draft, { mode: 0o700 })
  chownTo(account, draft)
  try {
    writeFileSync(secret, password, { mode: 0o600 })
    chownTo(account, secret)
    await runProgram(paths, 'initdb', [
      '-D',
      draft,
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      `--pwfile=${secret}`,
      '-E',
      'UTF8',
      '--no-sync',
      ...localeFlags(binaries.major),
    ])
  } catch (error) {
    throw new Error(`initdb could not create ${data}:\n${outputOf(error)}`, { cause: error })
  } finally {
    rmSync(secret, { force: true })
  }
  renameSync(draft, data)
}

// After kill -9 or a reboot the pid file may name another process.
function running(data: string): number | undefined {
  const lines = existsSync(join(data, 'postmaster.pid'))
    ? readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
    : []
  const pid = Number(lines[0])
  const port = Number(lines[3])
  if (startTimeOf(pid) === undefined || !port) return undefined
  if (process.platform !== 'linux') return port
  return workingFolder(pid) === realpathSync(data) ? port : undefined
}

async function start(paths: Paths, port: number): Promise<boolean> {
  const { data, log, durable } = paths
  const logSize = prepareLog(paths)
  // Without a running server, a pid file is stale and would only prevent the start.
  if (running(data) === undefined) rmSync(join(data, 'postmaster.pid'), { force: true })
  const options = settings({ port, durable })
    .map((setting) => `-c ${setting}`)
    .join(' ')
  try {
    await runProgram(paths, 'pg_ctl', [
      '-D',
      data,
      '-l',
      log,
      '-w',
      '-t',
      '120',
      '-o',
      options,
      'start',
    ])
    return true
  } catch (error) {
    if (running(data) === undefined && !(await isFree(port))) return false
    const tail = readFileSync(log).subarray(logSize).toString().trim().split('\n').slice(-20)
    throw new Error(
      `PostgreSQL did not start on port ${port} with ${data}; the end of ${log}:\n${tail.join('\n') || outputOf(error)}`,
      { cause: error },
    )
  }
}

async function stop(paths: Paths): Promise<void> {
  const { data, log } = paths
  try {
    await runProgram(paths, 'pg_ctl', ['-D', data, '-m', 'fast', '-w', '-t', '20', 'stop'])
  } catch {
    if (running(data) === undefined) return
    try {
      await runProgram(paths, 'pg_ctl', ['-D', data, '-m', 'immediate', '-w', '-t', '20', 'stop'])
    } catch (error) {
      throw new Error(
        `PostgreSQL in ${data} does not stop (see ${basename(log)}): ${outputOf(error)}`,
        { cause: error },
      )
    }
  }
}

// Returns the size of the log.
function prepareLog({ log, account }: Paths): number {
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0
  if (size > rotateAboveBytes) renameSync(log, `${log}.1`)
  closeSync(openSync(log, 'a', 0o600))
  chownTo(account, log)
  return statSync(log).size
}

function runProgram(
  { home, binaries, account }: Paths,
  program: string,
  args: string[],
): Promise<{ stdout: string; stderr: string }> {
  return run(join(binaries.bin, program), args, {
    ...(account && { uid: account.uid, gid: account.gid }),
    cwd: account === undefined ? home : '/',
    env: environment(),
  })
}

function chownTo(account: ServerAccount | undefined, path: string): void {
  if (account) chownSync(path, account.uid, account.gid)
}

function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (['ENOENT', 'EACCES', 'ESRCH'].includes(code)) return undefined
    throw error
  }
}

// The builtin provider (17 and later) sorts the same on every machine.
function localeFlags(major: number): string[] {
  if (major >= 17) return ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  return process.platform === 'linux' ? ['--locale=C.UTF-8', '--lc-messages=C'] : ['--locale=C']
}

// The user's PGDATA, PGPORT and so on must not reach this server.
function environment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C' }
  for (const name of Object.keys(env)) if (name.startsWith('PG')) delete env[name]
  return env
}

const outputOf = (error: unknown): string =>
  (error as { stderr?: string }).stderr || (error as Error).message
