import pg from 'pg'
import { dropWithTenants } from '@rowhouse/tenancy/testing'
import { developmentEnvironment, withDatabase, type Environment } from '../environment.ts'

/**
 * Calls `work` with the environment of an empty database for browser tests, and deletes that
 * database afterwards.
 * @param port - of the app
 */
export async function withEmptyDatabase<Result>(
  port: number,
  work: (env: Environment) => Promise<Result>,
): Promise<Result> {
  const { env, stop } = await developmentEnvironment('e2e', { port })
  const databaseUrl = env.DATABASE_URL ?? ''
  try {
    await dropDatabase(databaseUrl)
    return await work(env)
  } finally {
    await dropDatabase(databaseUrl)
    await stop()
  }
}

async function dropDatabase(url: string): Promise<void> {
  const adminUrl = withDatabase(url, 'postgres')
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    const name = new URL(url).pathname.slice(1)
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount === 1) await dropWithTenants(client, adminUrl, name)
  } finally {
    await client.end()
  }
}
