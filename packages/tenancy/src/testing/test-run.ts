import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { inDatabase } from '#tenancy/base/connect'
import { loginUrl, type Tenancy } from '#tenancy/base/tenancy'
import { alone, dropDeadRuns, dropRun, holdRun, templateOf } from '#tenancy/testing/run'
import { setup } from '#tenancy/setup'

/**
 * Sets up the template database of a test run, of which `createTestDatabase` gives each test file a
 * copy. For a vitest `globalSetup`.
 * @param project - The vitest project.
 * @param options.env - Variables for the test files. DATABASE_URL is the URL of an administrator.
 * @param options.tenancyOf - Creates the instance to test from such variables.
 * @param options.mutate - Removes a defence from the template database.
 * @returns A function that drops all databases of the run.
 */
export async function startTestRun(
  project: TestProject,
  {
    env,
    tenancyOf,
    mutate = async () => {},
  }: {
    env: Record<string, string>
    tenancyOf: (env: Record<string, string>) => Tenancy
    mutate?: (adminUrl: string) => Promise<void>
  },
): Promise<() => Promise<void>> {
  const adminUrl = env.DATABASE_URL ?? ''
  const id = `${Date.now().toString(36).slice(-5)}${randomBytes(2).toString('hex')}`
  const template = templateOf(id)
  const templateUrl = inDatabase(adminUrl, template)
  const keeper = new pg.Client({
    connectionString: adminUrl,
    application_name: `rowhouse test run ${id}`,
    keepAlive: true,
  })
  keeper.on('error', (error) =>
    console.error(`the test run ${id} lost its server: ${error.message}`),
  )
  await keeper.connect()
  const end = async () => {
    await dropRun(keeper, adminUrl, id)
    await keeper.end()
  }
  try {
    await holdRun(keeper, id)
    await alone(keeper, () => dropDeadRuns(keeper, adminUrl))
    const tenancy = tenancyOf({ ...env, DATABASE_URL: templateUrl })
    await alone(keeper, () => setup(tenancy, { adminUrl: templateUrl }))
    await mutate(templateUrl)
    await keeper.query(
      `alter database ${pg.escapeIdentifier(template)} with allow_connections false`,
    )
    const url = (login: Parameters<typeof loginUrl>[1]) => loginUrl(tenancy, login)
    project.provide('run', {
      id,
      adminUrl,
      template,
      env,
      urls: {
        platform: url('platform'),
        tenant: url('tenant'),
        worker: url('worker'),
        migrator: url('migrator'),
      },
    })
  } catch (error) {
    await end()
    throw error
  }
  return end
}
