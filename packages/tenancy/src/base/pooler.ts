import type pg from 'pg'
import { withConnection } from '#tenancy/base/connect'
import { timings } from '#tenancy/base/timings'
import { isConnectionError } from '#tenancy/base/transient-errors'

/**
 * What is between a client and PostgreSQL. A pooler in `transaction` mode gives each transaction another
 * session, so that session locks, `set role` and `listen` do not work. In `session` mode they do.
 */
export type Pooling = 'none' | 'session' | 'transaction'

const attempts = 5

/**
 * Recognises a pooler by its behaviour, without configuration.
 * @param url - A connection string.
 * @returns What the URL leads through. A pooler that uses many sessions at once may be taken for one in
 *   session mode.
 * @throws The error of a connection that cannot be opened.
 */
export function poolingOf(url: string): Promise<Pooling> {
  return withConnection(url, async (first) => {
    // PostgreSQL announces the process id of the session, and a pooler one that it made up
    if ((await sessionOf(first)) === (first as unknown as { processID: number }).processID)
      return 'none'
    return withConnection(url, (second) => compare(first, second), {
      answerTimeoutMs: timings.poolerProbe,
    }).catch((error: unknown) => {
      // a pooler in session mode may have no session for a second client
      if (isConnectionError(error)) return 'session'
      throw error
    })
  })
}

/** Two clients share a session only in transaction mode. */
async function compare(first: pg.Client, second: pg.Client): Promise<Pooling> {
  const seen = new Set<number>()
  for (let i = 0; i < attempts; i++) {
    seen.add(await sessionOf(first))
    if (seen.size > 1 || seen.has(await sessionOf(second))) return 'transaction'
  }
  return 'session'
}

async function sessionOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]?.pid ?? 0
}
