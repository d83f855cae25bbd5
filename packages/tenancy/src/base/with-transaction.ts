import type pg from 'pg'
import { drop } from '#tenancy/base/connect'

type Options = {
  /** The statements that open the transaction. */
  begin?: string
  /** How it ends when `work` has succeeded. */
  end?: 'commit' | 'rollback'
}

/**
 * Runs work in a transaction on a connection that the caller owns.
 * @param work - If it throws, the transaction is rolled back and the error rethrown. If the rollback
 *   fails, the connection is closed, so that nothing else runs in the failed transaction.
 * @returns What `work` returns, after the commit.
 */
export async function withTransaction<T>(
  client: pg.ClientBase,
  work: () => Promise<T>,
  { begin = 'begin', end = 'commit' }: Options = {},
): Promise<T> {
  try {
    await client.query(begin)
    const result = await work()
    await client.query(end)
    return result
  } catch (error) {
    await rollBack(client)
    throw error
  }
}

/** Runs work in a transaction on a connection of a pool. */
export async function withPoolTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  options?: Options,
): Promise<T> {
  const client = await pool.connect()
  try {
    return await withTransaction(client, () => work(client), options)
  } finally {
    // a connection that was closed must not be used again
    client.release((client as unknown as pg.Client).connection.stream.destroyed)
  }
}

/** Rolls back, or closes the connection if that fails. Never rejects. */
export const rollBack = (client: pg.ClientBase): Promise<void> =>
  client.query('rollback').then(
    () => {},
    () => drop(client),
  )
