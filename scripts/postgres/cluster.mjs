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
import { stampOf } from '../processes.mjs'
import { settings } from './settings.mjs'

const run = promisify(execFile)
const rotateAboveBytes = 5_000_000

// One data directory and the server that works on it.
export function cluster({ home, binaries, account, durable }) {
  const data = join(home, binaries.embedded ? 'postgres' : `postgres-${binaries.major}`)
  const log = join(home, 'postgres.log')
  const place = { home, binaries, account, durable, data, log }
  return {
    data,
    log,
    isInitialised: () => isInitialised(place),
    initialise: (password) => initialise(place, password),
    running: () => running(data),
    start: (port) => start(place, port),
    stop: () => stop(place),
  }
}

function isInitialised({ data, binaries, durable }) {
  const marker = join(data, 'PG_VERSION')
  if (!existsSync(marker)) return false
  const made = Number(readFileSync(marker, 'utf8'))
  if (made === binaries.major) return true
  if (durable)
    throw new Error(
      `${data} was made by PostgreSQL ${made}, but the installed one is ${binaries.major}; save what you need with the old version, then run npm run db:reset`,
    )
  rmSync(data, { recursive: true })
  return false
}

// Made beside its place and renamed, so that an interrupted start leaves nothing half done.
async function initialise(place, password) {
  const { home, data, binaries, account } = place
  const draft = `${data}.new`
  const secret = join(home, 'initdb-password')
  rmSync(draft, { recursive: true, force: true })
  rmSync(data, { recursive: true, force: true })
  mkdirSync(draft, { mode: 0o700 })
  giveTo(account, draft)
  try {
    writeFileSync(secret, password, { mode: 0o600 })
    giveTo(account, secret)
    await call(place, 'initdb', [
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
    throw new Error(`initdb could not make ${data}:\n${error.stderr || error.message}`)
  } finally {
    rmSync(secret, { force: true })
  }
  renameSync(draft, data)
}

// The port of the live server of a data directory. A pid file alone proves nothing after kill -9 or
// a reboot.
function running(data) {
  const lines = existsSync(join(data, 'postmaster.pid'))
    ? readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
    : []
  const pid = Number(lines[0])
  const port = Number(lines[3])
  if (stampOf(pid) === undefined || !port) return undefined
  if (process.platform !== 'linux') return port
  return workingFolder(pid) === realpathSync(data) ? port : undefined
}

async function start(place, port) {
  const { data, log, durable } = place
  const size = prepareLog(place)
  // A server of ours would have been found by running(): what is left is a file that can only stand
  // in the way.
  if (running(data) === undefined) rmSync(join(data, 'postmaster.pid'), { force: true })
  const options = settings({ port, durable })
    .map((setting) => `-c ${setting}`)
    .join(' ')
  try {
    await call(place, 'pg_ctl', ['-D', data, '-l', log, '-w', '-t', '120', '-o', options, 'start'])
    return true
  } catch (error) {
    const said = readFileSync(log, 'utf8').slice(size)
    if (/address already in use|could not bind|could not create any TCP/i.test(said)) return false
    const tail = said.trim().split('\n').slice(-20).join('\n')
    throw new Error(
      `PostgreSQL did not start on port ${port} with ${data}; the end of ${log}:\n${tail || error.stderr || error.message}`,
    )
  }
}

async function stop(place) {
  const { data, log } = place
  try {
    await call(place, 'pg_ctl', ['-D', data, '-m', 'fast', '-w', '-t', '20', 'stop'])
  } catch (error) {
    if (running(data) === undefined) return
    await call(place, 'pg_ctl', ['-D', data, '-m', 'immediate', '-w', '-t', '20', 'stop']).catch(
      (last) => {
        throw new Error(
          `PostgreSQL in ${data} does not stop (${basename(log)} says why): ${last.stderr || error.stderr}`,
        )
      },
    )
  }
}

function prepareLog({ log, account }) {
  if (statSync(log, { throwIfNoEntry: false })?.size > rotateAboveBytes) renameSync(log, `${log}.1`)
  closeSync(openSync(log, 'a', 0o600))
  giveTo(account, log)
  return statSync(log).size
}

function call({ home, binaries, account }, program, args) {
  return run(join(binaries.bin, program), args, {
    ...(account && { uid: account.uid, gid: account.gid }),
    cwd: account === undefined ? home : '/',
    env: environment(),
  })
}

function giveTo(account, path) {
  if (account) chownSync(path, account.uid, account.gid)
}

function workingFolder(pid) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ESRCH'].includes(error.code)) return undefined
    throw error
  }
}

// The builtin provider (17 and later) sorts alike on every machine.
function localeFlags(major) {
  if (major >= 17) return ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  return process.platform === 'linux' ? ['--locale=C.UTF-8', '--lc-messages=C'] : ['--locale=C']
}

// Settings of the caller's own clients (PGDATA, PGPORT, …) must not reach this server.
function environment() {
  return Object.fromEntries(
    Object.entries(process.env)
      .filter(([name]) => !name.startsWith('PG'))
      .concat([['LC_ALL', 'C']]),
  )
}
