import type { Run } from '#db/cli/commands'
import { env } from '#db/env'
import { ConfigurationError } from '#db/errors'
import { setup } from '#db/setup'

export const run: Run = async () => {
  const adminUrl = env().DATABASE_URL
  if (!adminUrl) throw new ConfigurationError(['DATABASE_URL is missing; setup needs the URL of an administrator'])
  await setup({ adminUrl })
  return { text: 'roles, databases, functions and migrations are in place', json: { ready: true } }
}
