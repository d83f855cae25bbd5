import { text } from 'node:stream/consumers'
import { UsageError } from '#db/cli/usage'
import { type Caller, platform } from '#db/tenancy'
import { env } from '#db/env'
import { ConfigurationError, TenantNotFound, bySlug } from '@rowhouse/tenancy'
import * as sessions from '#db/accounts/sessions'
import * as users from '#db/accounts/users'

/** The sandbox commands hand out sessions and run arbitrary SQL, so they must never run in production. */
export function refuseInProduction(): void {
  if (env().NODE_ENV === 'production')
    throw new ConfigurationError(['the sandbox commands refuse to run when NODE_ENV is production'])
}

/**
 * A real session of a user, with a tenant as its active one. Throws when there is no such user or
 * tenant.
 */
export async function sandboxSession(
  email: unknown,
  slug: unknown,
): Promise<{ token: string; user: { id: string; name: string } }> {
  if (typeof email !== 'string') throw new UsageError('say who: an e-mail address')
  const user = await users.byEmail(platform(), users.normalizeEmail(email))
  if (!user) throw new UsageError(`there is no user ${email}`)
  const token = await sessions.start(user.id, { device: 'sandbox', address: '' })
  if (slug !== undefined)
    await sessions.switchTenant(token, (await bySlug(platform(), String(slug))).id)
  return { token, user }
}

/**
 * That session as a caller of the door. A user who is no member gets a caller all the same: the
 * door refuses it.
 */
export async function sandboxCaller(email: unknown, slug: unknown): Promise<Caller> {
  if (typeof slug !== 'string') throw new TenantNotFound('(none named: --tenant SLUG)')
  const { id } = await bySlug(platform(), slug)
  const { token, user } = await sandboxSession(email, slug)
  return { kind: 'session', token, tenantId: id, actor: { id: user.id, name: user.name } }
}

export const standardInput = (): Promise<string> => text(process.stdin)
