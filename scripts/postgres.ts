import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { withLock } from './lock.mjs'
import { freePort } from './ports.ts'
import { serverAccount } from './postgres/account.ts'
import { findBinaries, type Binaries } from './postgres/binaries.ts'
import { addClient, hasClients, removeClient } from './postgres/clients.ts'
import { cluster, type Cluster } from './postgres/cluster.ts'
import { chooseDataFolder, folderInCheckout, folderInTemp } from './postgres/data-folder.ts'

const firstPort = 5433

export type EmbeddedPostgres = { adminUrl: string; port: number; stop: () => Promise<void> }

/**
 * Starts the embedded PostgreSQL called `name`, or joins it if it is running. It stops when the
 * last process that uses it calls `stop`. `binaries` are the project's by default.
 */
export async function startPostgres({
  name,
  durable,
  binaries = findBinaries(),
}: {
  name: string
  durable: boolean
  binaries?: Binaries
}): Promise<EmbeddedPostgres> {
  const { home, server } = openCluster(name, durable, binaries)
  const locked = <Result>(work: () => Promise<Result>): Promise<Result> =>
    withLock(join(home, 'postgres.lock'), work)
  const { port, adminUrl, clientFile } = await locked(async () => {
    const password = await ensureInitialised(server, home, durable)
    const runningPort = server.running()
    const port = runningPort ?? (await launch(server, home))
    const adminUrl = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
    try {
      await waitUntilReady(adminUrl, server)
    } catch (error) {
      if (runningPort === undefined) await server.stop()
      throw error
    }
    return { port, adminUrl, clientFile: addClient(home) }
  })
  let stopped: Promise<void> | undefined
  const stop = () =>
    (stopped ??= locked(async () => {
      removeClient(clientFile)
      if (!hasClients(home)) await server.stop()
    }))
  return { adminUrl, port, stop }
}

/** Stops the server called `name`, even if other processes use it, and deletes its data. */
export async function removePostgres(name: string): Promise<void> {
  const { home, server } = openCluster(name, true, findBinaries())
  await withLock(join(home, 'postgres.lock'), async () => {
    if (server.running() !== undefined) await server.stop()
  })
  for (const folder of [folderInCheckout(name), folderInTemp(name)])
    rmSync(folder, { recursive: true, force: true })
}

function openCluster(
  name: string,
  durable: boolean,
  binaries: Binaries,
): { home: string; server: Cluster } {
  const account = serverAccount()
  const chosen = chooseDataFolder(name, account, binaries)
  return { home: chosen.home, server: cluster({ ...chosen, account, durable }) }
}

/** Initialises the cluster if necessary and returns the password of its superuser. */
async function ensureInitialised(server: Cluster, home: string, durable: boolean): Promise<string> {
  const file = join(home, `${basename(server.data)}.password`)
  if (server.isInitialised()) {
    if (existsSync(file)) return readFileSync(file, 'utf8')
    if (durable)
      throw new Error(
        `${server.data} exists but the file with its password, ${file}, does not; restore that file or run npm run db:reset`,
      )
  }
  const password = randomBytes(18).toString('base64url')
  await server.initialise(password)
  writeFileSync(file, password, { mode: 0o600 })
  return password
}

/** Starts the server and returns its port: the last one if it is free, so that saved connections work. */
async function launch(server: Cluster, home: string): Promise<number> {
  const portFile = join(home, 'port')
  const last = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : firstPort
  let port = await freePort(last)
  if (port !== last) port = await freePort(firstPort)
  while (!(await server.start(port))) port = await freePort(port + 1)
  writeFileSync(portFile, String(port))
  return port
}

async function waitUntilReady(adminUrl: string, server: Cluster): Promise<void> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 5_000 })
    client.on('error', (error) => console.error(`PostgreSQL in ${server.data}: ${error.message}`))
    try {
      await client.connect()
      await client.query('select 1')
      return
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const startingUp = code === '57P03' || code === 'ECONNREFUSED'
      if (!startingUp || Date.now() > deadline) {
        throw new Error(
          `PostgreSQL in ${server.data} is running but refuses connections: ${message}; see ${server.log}`,
          { cause: error },
        )
      }
      await sleep(100)
    } finally {
      // Ending a client that never connected may fail too; the error above has the reason.
      await client.end().catch(() => {})
    }
  }
}
