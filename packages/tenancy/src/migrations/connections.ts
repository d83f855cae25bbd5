import type pg from 'pg'
import { timings } from '#tenancy/base/timings'
import { createClient } from '#tenancy/base/database-client'
import { TargetUnreachable } from '#tenancy/migrations/errors'
import { asOwnerSession } from '#tenancy/migrations/script'
import { serviceUrl, type Placement } from '#tenancy/registry/placements'
import type { Tenancy } from '#tenancy/base/tenancy'

export type DatabaseLocation = Pick<Placement, 'server' | 'database' | 'schema'>

/** Leads to the main database. */
export const mainDatabase: DatabaseLocation = { server: null, database: null, schema: 'shared' }

/**
 * A connection that acts as the owner of a place's tables. In: the name to say when it can not be
 * made. Throws TargetUnreachable.
 */
export async function connectOwner(
  tenancy: Tenancy,
  place: DatabaseLocation,
  target: string,
): Promise<pg.Client> {
  const url = serviceUrl(tenancy, 'migrator', place)
  const client = createClient({
    connectionString: url,
    application_name: 'rowhouse fleet',
    connectTimeoutMs: timings.connect,
  })
  client.on('error', () => {}) // the query under way rejects with it
  try {
    await client.connect()
    await client.query(asOwnerSession)
    return client
  } catch (error) {
    await client.end().catch(() => {}) // it never was open
    const { hostname, port, pathname } = new URL(url)
    throw new TargetUnreachable(
      target,
      `${hostname}:${port || 5432}${pathname}`,
      error instanceof Error ? error.message || error.constructor.name : String(error),
    )
  }
}

/** Runs `work` on such a connection and closes it. */
export async function asOwner<T>(
  tenancy: Tenancy,
  place: DatabaseLocation,
  target: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await connectOwner(tenancy, place, target)
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * One connection to the main database that is made when it is needed, and made again after it
 * broke. Its commits do not wait for the disk: what a crash of the server takes back, it takes with
 * its ledger row. A run ends with a commit that waits, and so for all before it.
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
    await client?.end().catch(() => {}) // it is broken already
  }
}
