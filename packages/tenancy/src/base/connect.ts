import type { Socket } from 'node:net'
import type pg from 'pg'
import { createClient } from '#tenancy/base/database-client'
import { ConnectionFailed } from '#tenancy/base/errors'

/**
 * Runs work on one connection of its own and closes it. For set-up, provisioning and the doctor;
 * people's requests use the pools.
 */
export async function withConnection<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
  { pipeline = false } = {},
): Promise<T> {
  const client = createClient({
    connectionString: url,
    application_name: 'rowhouse operations',
    connectTimeoutMs: 10_000,
    pipeline,
  })
  client.on('error', () => {}) // the query under way rejects with it
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** The name of the database that a URL leads to. */
export const databaseOf = (url: string): string =>
  decodeURIComponent(new URL(url).pathname.slice(1))

/** The same URL, leading to another database. */
export function inDatabase(url: string, database: string): string {
  const other = new URL(url)
  other.pathname = `/${encodeURIComponent(database)}`
  return other.toString()
}

/** Ends a connection without waiting for an answer: the network to it may be cut. */
export function drop(client: pg.ClientBase): void {
  ;(client as pg.Client).connection.stream.destroy()
}

/**
 * Ends a connection on which nothing is received for so long.
 * @returns Stops watching.
 */
export function endWhenSilent(client: pg.ClientBase, ms: number): () => void {
  const stream = (client as pg.Client).connection.stream as Socket
  const end = () => stream.destroy(new ConnectionFailed('answer timeout', { ms }))
  stream.setTimeout(ms, end)
  return () => void stream.setTimeout(0).off('timeout', end)
}
