import type pg from 'pg'
import { timings } from '#tenancy/base/timings'
import { createClient } from '#tenancy/base/database-client'
import { codeOf } from '#tenancy/base/transient-errors'
import { TargetUnreachable } from '#tenancy/migrations/errors'
import { asOwnerSession } from '#tenancy/migrations/script'
import { serviceUrl, type Placement } from '#tenancy/registry/placements'
import type { Tenancy } from '#tenancy/base/tenancy'

export type DatabaseLocation = Pick<Placement, 'server' | 'database' | 'schema'>

/** The location of the main database. */
export const mainDatabase: DatabaseLocation = { server: null, database: null, schema: 'shared' }

/**
 * Opens a connection that acts as the owner of the tables.
 * @param target - The target's name for errors.
 * @throws TargetUnreachable
 */
export async function connectOwner(
  tenancy: Tenancy,
  location: DatabaseLocation,
  target: string,
): Promise<pg.Client> {
  const url = serviceUrl(tenancy, 'migrator', location)
  const client = createClient({
    connectionString: url,
    application_name: 'rowhouse fleet',
    connectTimeoutMs: timings.connect,
  })
  client.on('error', () => {}) // the running query rejects with it
  try {
    await client.connect()
    await client.query(asOwnerSession)
    return client
  } catch (error) {
    await client.end().catch(() => {}) // it never opened
    const { hostname, port, pathname } = new URL(url)
    throw new TargetUnreachable(
      target,
      `${hostname}:${port || 5432}${pathname}`,
      error instanceof Error ? error.message || (codeOf(error) ?? error.name) : String(error),
    )
  }
}

/**
 * Runs work on a connection that acts as the owner of the tables, and closes it.
 * @param target - The target's name for errors.
 * @throws TargetUnreachable
 */
export async function asOwner<T>(
  tenancy: Tenancy,
  location: DatabaseLocation,
  target: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await connectOwner(tenancy, location, target)
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * A connection to the main database that opens on first use, and reopens after it broke. Its
 * commits do not wait for the disk, because a crash of the server loses a migration only together
 * with its ledger row. The last commit of a run does wait, which also flushes all earlier ones.
 */
export class MainConnection {
  readonly tenancy: Tenancy
  #client: pg.Client | undefined

  constructor(tenancy: Tenancy) {
    this.tenancy = tenancy
  }

  async use(): Promise<pg.Client> {
    if (!this.#client) {
      this.#client = await connectOwner(this.tenancy, mainDatabase, 'the main database')
      await this.#client.query('set synchronous_commit = off')
    }
    return this.#client
  }

  async drop(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => {}) // it is already broken
  }
}
