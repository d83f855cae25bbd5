import type { TestProject } from 'vitest/node'
import { withConnection } from '@rowhouse/tenancy/admin'
import { mutatingSql, startTestRun } from '@rowhouse/tenancy/testing'
import { defences } from '#db/mutation/defences'
import { developmentEnvironment } from '../../scripts/environment.ts'

/**
 * Runs once per test run: starts a server and creates the template database that each test file
 * copies.
 */
export default async function testServer(project: TestProject): Promise<() => Promise<void>> {
  const { env, stop } = await developmentEnvironment('test')
  const { tenancy } = await import('#db/tenancy')
  const end = await startTestRun(project, {
    env: { ...secretsOf(env), NODE_ENV: 'test', DATABASE_URL: env.DATABASE_URL ?? '' },
    tenancyOf: (variables) => {
      Object.assign(process.env, variables)
      return tenancy()
    },
    mutate: mutateDatabase,
  }).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return async () => {
    await end()
    await stop()
  }
}

/** In a mutation run, removes one defence from the template database and so from every copy. */
const mutateDatabase = async (url: string) => {
  await withConnection(url, (admin) => admin.query(mutatingSql(defences)))
}

function secretsOf({
  AUTH_SECRET = '',
  ENCRYPTION_KEY = '',
  APP_URL = '',
  AUTH_URL = '',
}: Record<string, string>) {
  return { AUTH_SECRET, ENCRYPTION_KEY, APP_URL, AUTH_URL }
}
