import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withLock } from './lock.mjs'
import { freePort } from './ports.mjs'
import { serverAccount } from './postgres/account.mjs'
import { findBinaries } from './postgres/binaries.mjs'
import { cluster } from './postgres/cluster.mjs'
import { choosePlace, placeElsewhere, placeInCheckout } from './postgres/place.mjs'
import { anyoneLeft, enter, leave } from './postgres/users.mjs'

const firstPort = 5433

/**
 * Starts the embedded PostgreSQL called `name`, or joins it when it runs already. Whoever stops it
 * last ends it.
 * @param {{ name: string, durable: boolean }} wanted
 * @returns {Promise<{ adminUrl: string, port: number, stop: () => Promise<void> }>}
 */
export async function startPostgres({ name, durable }) {
  const account = serverAccount()
  const { home, binaries } = choosePlace(name, account, findBinaries())
  const server = cluster({ home, binaries, account, durable })
  const locked = (work) => withLock(join(home, 'postgres.lock'), work)
  const lease = await locked(async () => {
    const password = await ready(server, home, durable)
    const found = server.running()
    const port = found ?? (await launch(server, home))
    const adminUrl = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
    try {
      await answers(adminUrl, server)
    } catch (error) {
      if (found === undefined) await server.stop()
      throw error
    }
    return { port, adminUrl, file: enter(home) }
  })
  let stopped
  const stop = () =>
    (stopped ??= locked(async () => {
      leave(lease.file)
      if (!anyoneLeft(home)) await server.stop()
    }))
  return { adminUrl: lease.adminUrl, port: lease.port, stop }
}

/** Ends the server called `name`, whoever uses it, and deletes its data. */
export async function removePostgres(name) {
  const account = serverAccount()
  const { home, binaries } = choosePlace(name, account, findBinaries())
  const server = cluster({ home, binaries, account, durable: true })
  await withLock(join(home, 'postgres.lock'), async () => {
    if (server.running() !== undefined) await server.stop()
  })
  for (const place of [placeInCheckout(name), placeElsewhere(name)])
    rmSync(place, { recursive: true, force: true })
}

async function ready(server, home, durable) {
  const file = join(home, `${server.data.slice(home.length + 1)}.password`)
  const known = existsSync(file)
  if (server.isInitialised()) {
    if (known) return readFileSync(file, 'utf8')
    if (durable)
      throw new Error(
        `${server.data} is there but its password, ${file}, is not; bring the file back or run npm run db:reset`,
      )
  }
  const password = randomBytes(18).toString('base64url')
  await server.initialise(password)
  writeFileSync(file, password, { mode: 0o600 })
  return password
}

async function launch(server, home) {
  const memory = join(home, 'port')
  const last = existsSync(memory) ? Number(readFileSync(memory, 'utf8')) : firstPort
  for (let from = await preferred(last); ; from++) {
    const port = await freePort(from)
    if (await server.start(port)) {
      writeFileSync(memory, String(port))
      return port
    }
    from = port
  }
}

// The same port as last time keeps saved connections working; otherwise the first free one.
async function preferred(last) {
  return (await freePort(last)) === last ? last : firstPort
}

async function answers(adminUrl, server) {
  const { default: pg } = await import('pg')
  const deadline = Date.now() + 60_000
  for (;;) {
    const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 5_000 })
    client.on('error', (error) => console.error(`PostgreSQL in ${server.data}: ${error.message}`))
    try {
      await client.connect()
      await client.query('select 1')
      return
    } catch (error) {
      const startingUp = error.code === '57P03' || error.code === 'ECONNREFUSED'
      if (!startingUp || Date.now() > deadline) {
        throw new Error(
          `PostgreSQL in ${server.data} runs but does not let us in: ${error.message}; ${server.log} says more`,
        )
      }
      await sleep(100)
    } finally {
      // Ending a client that never connected may fail too; the reason is the error above.
      await client.end().catch(() => {})
    }
  }
}
