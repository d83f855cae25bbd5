import type { RunCommand } from '#db/cli/commands'
import { env } from '#db/env'
import { ConfigurationError } from '@rowhouse/tenancy'
import {
  MainConnection,
  inspectDedicatedDatabases,
  defaultConcurrency,
} from '@rowhouse/tenancy/migrations'
import { setup } from '@rowhouse/tenancy/admin'
import { tenancy } from '#db/tenancy'

export const run: RunCommand = async () => {
  const adminUrl = env().DATABASE_URL
  if (!adminUrl)
    throw new ConfigurationError([
      'DATABASE_URL is missing; setup needs the connection string of an administrator',
    ])
  await setup(tenancy(), { adminUrl })
  const missed = await refreshDedicatedDatabases()
  const problems = missed.map((why) => `not updated: ${why}`)
  return {
    text: ['roles, databases, functions and migrations are up to date', ...problems].join('\n'),
    json: { ready: true, missed },
  }
}

/**
 * Updates the functions in dedicated databases to this build.
 *
 * @returns The messages of those that failed.
 */
async function refreshDedicatedDatabases(): Promise<string[]> {
  const missed: string[] = []
  const workers = Array.from({ length: defaultConcurrency() }, () => new MainConnection(tenancy()))
  try {
    await inspectDedicatedDatabases(tenancy(), {
      workers,
      refresh: true,
      onFailure: (_target, error) =>
        missed.push(error instanceof Error ? error.message : String(error)),
    })
  } finally {
    await Promise.all(workers.map((connection) => connection.drop()))
  }
  return missed
}
