import { text } from 'node:stream/consumers'
import { UsageError } from '#db/cli/usage-error'
import { type Caller, platform } from '#db/tenancy'
import { env } from '#db/env'
import { ConfigurationError, TenantNotFound, bySlug } from '@rowhouse/tenancy'
import * as sessions from '#db/accounts/sessions'
import * as users from '#db/accounts/users'

/** The sandbox commands hand out sessions and run arbitrary SQL, so they must never run in production. */
export function refuseInProduction(): void {
  if (env().NODE_ENV === 'production')
    throw new ConfigurationError(['sandbox commands do not run when NODE_ENV is production'])
}

/**
 * Starts a real session of a user.
 * @param slug - The tenant that the session is in; undefined leaves the choice to the app.
 * @throws UsageError, TenantNotFound
 */
export async function sandboxSession(
  email: unknown,
  slug: unknown,
): Promise<{ token: string; user: { id: string; name: string } }> {
  if (typeof email !== 'string') throw new UsageError('name a user by email address')
  const user = await users.byEmail(platform(), users.normalizeEmail(email))
  if (!user) throw new UsageError(`there is no user ${email}`)
  const token = await sessions.start(user.id, { device: 'sandbox', address: '' })
  if (slug !== undefined)
    await sessions.switchTenant(token, (await bySlug(platform(), String(slug))).id)
  return { token, user }
}

/**
 * A caller with a real session. It may be no member of the tenant: the tenant transaction refuses it
 * then, which is what an attacker would see.
 */
export async function sandboxCaller(email: unknown, slug: unknown): Promise<Caller> {
  if (typeof slug !== 'string') throw new TenantNotFound('(none named: --tenant SLUG)')
  const { id } = await bySlug(platform(), slug)
  const { token, user } = await sandboxSession(email, slug)
  return { kind: 'session', token, tenantId: id, actor: { id: user.id, name: user.name } }
}

export const standardInput = (): Promise<string> => text(process.stdin)
