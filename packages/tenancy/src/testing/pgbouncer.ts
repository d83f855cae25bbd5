import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProgram, type Program } from '#tenancy/testing/programs'

const isRoot = process.getuid?.() === 0

/**
 * Finds PgBouncer, and installs it with apt-get if possible.
 * @returns Its path, or why it is missing.
 */
export const findPgbouncer = (): Program => findProgram('pgbouncer')

/** The server behind PgBouncer, and who may connect. */
export type PgbouncerOptions = {
  /** A connection string of the server. */
  url: string
  /** The logins that may connect, with their passwords. */
  users: [name: string, password: string][]
  /** A login among `users` that may read `pg_shadow`: every other role of the server may connect, too. */
  authUser?: string
  /** Server connections per login and database. */
  connections: number
  /** `transaction` by default. */
  poolMode?: 'transaction' | 'session'
  /** SQL that runs on each new server connection. */
  connectQuery?: string
  /** More lines of the section `[pgbouncer]`. */
  settings?: string[]
}

/**
 * Starts PgBouncer.
 * @param path - The program.
 * @param options - The server behind it, and who may connect.
 * @returns Its port, and a function that stops it.
 */
export async function startPgbouncer(
  path: string,
  {
    url,
    users,
    authUser,
    connections,
    poolMode = 'transaction',
    connectQuery,
    settings = [],
  }: PgbouncerOptions,
): Promise<{ port: number; stop: () => Promise<void> }> {
  const { hostname, port: behind } = new URL(url)
  const folder = mkdtempSync(join(tmpdir(), 'rowhouse-pgbouncer-'))
  chmodSync(folder, 0o755)
  const port = await freePort()
  writeFileSync(
    join(folder, 'users.txt'),
    users.map(([name, password]) => `"${name}" "${password}"\n`).join(''),
  )
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    [
      '[databases]',
      `* = host=${hostname} port=${behind}${connectQuery ? ` connect_query='${connectQuery}'` : ''}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      `auth_type = ${authUser ? 'scram-sha-256' : 'plain'}`,
      ...(authUser
        ? [
            `auth_user = ${authUser}`,
            'auth_query = select usename, passwd from pg_catalog.pg_shadow where usename = $1',
          ]
        : []),
      `auth_file = ${join(folder, 'users.txt')}`,
      `pool_mode = ${poolMode}`,
      `default_pool_size = ${connections}`,
      'max_client_conn = 500',
      ...settings,
      '',
    ].join('\n'),
  )
  const child = spawn(path, [...(isRoot ? ['-u', 'nobody'] : []), join(folder, 'pgbouncer.ini')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries > 50 || child.exitCode !== null)
      throw new Error(`pgbouncer did not start:\n${output}`)
    await sleep(100)
  }
  return {
    port,
    stop: async () => {
      child.kill('SIGINT')
      const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
      await ended
      clearTimeout(timer)
      rmSync(folder, { recursive: true })
    },
  }
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)))
    socket.on('error', () => resolve(false))
  })
