import pg from 'pg'

/** Runs work on a connection of the administrator of the database under test. */
export async function withAdminClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Runs one statement as that administrator. */
export const queryAsAdmin = <Row extends pg.QueryResultRow>(
  text: string,
  values: unknown[] = [],
): Promise<Row[]> => withAdminClient(async (client) => (await client.query<Row>(text, values)).rows)
