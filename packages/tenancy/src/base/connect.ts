import type { Socket } from 'node:net'
import type pg from 'pg'
import { createClient } from '#tenancy/base/database-client'
import { ConnectionFailed } from '#tenancy/base/errors'

/**
 * Runs work on a new connection and closes it. For setup, provisioning and the doctor; requests use
 * the pools.
 * @param url - A connection string.
 * @param work - Receives the connection.
 * @param options.pipeline - True for a client whose queries can be pipelined.
 * @param options.answerTimeoutMs - How long a query may go unanswered, in milliseconds.
 * @returns What `work` returns.
 */
export async function withConnection<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
  { pipeline = false, answerTimeoutMs = 0 } = {},
): Promise<T> {
  const client = createClient({
    connectionString: url,
    application_name: 'rowhouse operations',
    connectTimeoutMs: 10_000,
    answerTimeoutMs,
    pipeline,
  })
  client.on('error', () => {}) // the current query rejects with it
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * Reads the database name from a connection string.
 * @param url - A connection string.
 * @returns The name.
 */
export const databaseOf = (url: string): string =>
  decodeURIComponent(new URL(url).pathname.slice(1))

/**
 * Changes the database in a connection string.
 * @param url - A connection string.
 * @param database - The other database.
 * @returns The changed connection string.
 */
export function inDatabase(url: string, database: string): string {
  const other = new URL(url)
  other.pathname = `/${encodeURIComponent(database)}`
  return other.toString()
}

/** Closes a connection without waiting for the server, which may be unreachable. */
export function drop(client: pg.ClientBase): void {
  ;(client as pg.Client).connection.stream.destroy()
}

/**
 * Closes a connection that receives nothing for `ms` milliseconds.
 * @param onEnd - Receives the process id of its session, which may still be running a statement.
 * @returns A function that stops watching.
 */
export function endWhenSilent(
  client: pg.ClientBase,
  ms: number,
  onEnd: (pid: number) => void = () => {},
): () => void {
  const stream = (client as pg.Client).connection.stream as Socket
  const end = () => {
    stream.destroy(new ConnectionFailed('answer timeout', { ms }))
    const { processID } = client as unknown as { processID: number | null }
    if (processID !== null) onEnd(processID)
  }
  stream.setTimeout(ms, end)
  return () => void stream.setTimeout(0).off('timeout', end)
}
