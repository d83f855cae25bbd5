import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { connected, inDatabase } from '#db/connect'
import { takenAway } from '#db/sabotage/plugin'
import { alone, dropDeadRuns, dropRun, holdRun, templateOf } from '#db/testing/run'
import { developmentEnvironment } from '../../scripts/environment.mjs'

/**
 * Once per test run: a server, our roles, and a template database that each file gets a copy of.
 */
export default async function testServer(project: TestProject): Promise<() => Promise<void>> {
  const { env, stop } = await developmentEnvironment('test')
  const adminUrl = env.DATABASE_URL ?? ''
  const id = `${Date.now().toString(36).slice(-5)}${randomBytes(2).toString('hex')}`
  const template = templateOf(id)
  const keeper = new pg.Client({
    connectionString: adminUrl,
    application_name: `rowhouse test run ${id}`,
    keepAlive: true,
  })
  keeper.on('error', (error) =>
    console.error(`the test run ${id} lost its server: ${error.message}`),
  )
  await keeper.connect()

  async function end() {
    await dropRun(keeper, adminUrl, id)
    await keeper.end()
    await stop()
  }

  try {
    await holdRun(keeper, id)
    await alone(keeper, () => dropDeadRuns(keeper, adminUrl))
    Object.assign(process.env, env, {
      NODE_ENV: 'test',
      DATABASE_URL: inDatabase(adminUrl, template),
    })
    const { setup } = await import('#db/setup')
    const { loginUrl } = await import('#db/env')
    await alone(keeper, () => setup({ adminUrl: inDatabase(adminUrl, template) }))
    await sabotageDatabase(inDatabase(adminUrl, template))
    await keeper.query(
      `alter database ${pg.escapeIdentifier(template)} with allow_connections false`,
    )
    const urls = {
      platform: loginUrl('platform'),
      tenant: loginUrl('tenant'),
      worker: loginUrl('worker'),
      migrator: loginUrl('migrator'),
    }
    project.provide('run', {
      id,
      adminUrl,
      template,
      env: { ...secretsOf(env), NODE_ENV: 'test' },
      urls,
    })
  } catch (error) {
    await end()
    throw error
  }
  return end
}

/** In a sabotage run the template lacks one defence, and so does every copy of it. */
async function sabotageDatabase(url: string): Promise<void> {
  const defence = takenAway()
  if (defence && 'sql' in defence) await connected(url, (admin) => admin.query(defence.sql))
}

function secretsOf({
  AUTH_SECRET = '',
  ENCRYPTION_KEY = '',
  APP_URL = '',
  AUTH_URL = '',
}: Record<string, string>) {
  return { AUTH_SECRET, ENCRYPTION_KEY, APP_URL, AUTH_URL }
}
