import type { TestProject } from 'vitest/node'
import { withConnection } from '#tenancy/base/connect'
import { createTenancy } from '#tenancy/create-tenancy'
import { fixtureConfig } from '#tenancy/testing/fixture/tenancy'
import { mutatingSql } from '#tenancy/testing/mutation/defence'
import { defences } from '#tenancy/testing/mutation/defences'
import { startTestRun } from '#tenancy/testing/test-run'

/** Sets up the engine's tests, on the fixture app. `DATABASE_URL` is the URL of an administrator. */
export default async function globalSetup(project: TestProject): Promise<() => Promise<void>> {
  const { DATABASE_URL = '', AUTH_SECRET = '', ENCRYPTION_KEY = '' } = process.env
  return startTestRun(project, {
    env: { NODE_ENV: 'test', DATABASE_URL, AUTH_SECRET, ENCRYPTION_KEY },
    tenancyOf: (env) => createTenancy(fixtureConfig(env)),
    mutate: async (url) => {
      await withConnection(url, (admin) => admin.query(mutatingSql(defences)))
    },
  })
}
