import type { CommandInput, RunCommand } from '#db/cli/commands'
import { UsageError } from '#db/cli/usage-error'
import { env } from '#db/env'
import { explainError } from '#db/explain-error'
import { ConfigurationError } from '@rowhouse/tenancy'
import {
  MainConnection,
  inspectDedicatedDatabases,
  defaultConcurrency,
} from '@rowhouse/tenancy/migrations'
import {
  profiles,
  setup,
  setupServer,
  type Profile,
  type SetupReport,
} from '@rowhouse/tenancy/admin'
import { tenancy } from '#db/tenancy'

export const run: RunCommand = async ({ values }) => {
  const profile = declaredProfile(values)
  const otherServer = values['database-url']
  const report =
    typeof otherServer === 'string'
      ? await setupServer(tenancy(), { adminUrl: otherServer, profile })
      : await setup(tenancy(), { adminUrl: administratorUrl('setup'), profile })
  const missed = [
    ...report.failed.map(({ database, error }) => `${database}: ${explainError(error)}`),
    ...(await refreshDedicatedDatabases()),
  ]
  return {
    text: [
      'roles, databases, functions and migrations are up to date',
      ...describeProfiles(report),
      ...missed.map((why) => `not updated: ${why}`),
    ].join('\n'),
    json: {
      ready: true,
      missed,
      databases: report.databases.map(({ database, profile: has, open }) => ({
        database,
        profile: has,
        open: open.flatMap(({ signatures }) => signatures),
      })),
    },
  }
}

/** The profile that the command declares. */
export function declaredProfile({ profile }: CommandInput['values']): Profile | undefined {
  if (profile === undefined) return undefined
  const known = profiles.find((name) => name === profile)
  if (!known) throw new UsageError(`--profile is ${profiles.join(' or ')}, not ${String(profile)}`)
  return known
}

/**
 * DATABASE_URL, which only a few commands need.
 *
 * @throws ConfigurationError that names the command if it is missing.
 */
export function administratorUrl(command: string): string {
  const { DATABASE_URL } = env()
  if (!DATABASE_URL)
    throw new ConfigurationError([
      `DATABASE_URL is missing; ${command} needs the connection string of an administrator`,
    ])
  return DATABASE_URL
}

/** What the administrator could not revoke, with the consequence, once for all databases. */
function describeProfiles({ databases }: SetupReport): string[] {
  const open = databases.filter((each) => each.open.length > 0)
  const [first] = open
  if (!first) return []
  const where = open.length === 1 ? first.database : `${open.length} databases`
  const count = first.open.reduce((sum, { signatures }) => sum + signatures.length, 0)
  const lines = first.open.map(({ family, consequence }) => `  ${family}: ${consequence}`)
  return [
    `profile ${first.profile}: only a superuser can revoke ${count} built-in functions from public; they stay open in ${where}`,
    ...lines,
  ]
}

/**
 * Updates the functions of the owner in dedicated databases, on other servers too.
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
      onFailure: (_target, error) => missed.push(explainError(error)),
    })
  } finally {
    await Promise.all(workers.map((connection) => connection.drop()))
  }
  return missed
}
