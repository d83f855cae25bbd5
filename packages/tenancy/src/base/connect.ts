import pg from 'pg'

/**
 * Runs work on one connection of its own and closes it. For set-up, provisioning and the doctor;
 * people's requests use the pools.
 */
export async function connected<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'rowhouse operations',
    connectionTimeoutMillis: 10_000,
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
