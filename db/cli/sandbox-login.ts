import { encode } from 'next-auth/jwt'
import type { RunCommand } from '#db/cli/commands'
import { sandboxSession } from '#db/cli/sandbox'
import { UsageError } from '#db/cli/usage-error'
import { env } from '#db/env'
import { sessionCookie } from '#db/accounts/session-cookie'

export const run: RunCommand = async ({ values, positionals: [email] }) => {
  if (!email) throw new UsageError('give the email address of a user: sandbox login EMAIL')
  const { token } = await sandboxSession(email, values.tenant)
  const name = sessionCookie(env().APP_URL).name
  const cookie = `${name}=${await encode({ token: { secret: token }, secret: env().AUTH_SECRET, salt: name })}`
  return { text: cookie, json: { cookie } }
}
