import { text } from 'node:stream/consumers'
import { UsageError } from '#db/cli/usage-error'
import { type Caller, platform } from '#db/tenancy'
import { TenantNotFound, bySlug } from '@rowhouse/tenancy'
import * as sessions from '#db/accounts/sessions'
import * as users from '#db/accounts/users'

/**
 * Starts a real session of a user.
 *
 * @param slug - The tenant to switch to; undefined keeps the user's last tenant.
 * @throws UsageError, TenantNotFound
 */
export async function sandboxSession(
  email: unknown,
  slug: unknown,
): Promise<{ token: string; user: { id: string; name: string } }> {
  if (typeof email !== 'string') throw new UsageError('give the email address of a user')
  const user = await users.byEmail(platform(), users.normalizeEmail(email))
  if (!user) throw new UsageError(`there is no user ${email}`)
  const token = await sessions.start(user.id, { device: 'sandbox', address: '' })
  if (slug !== undefined)
    await sessions.switchTenant(token, (await bySlug(platform(), String(slug))).id)
  return { token, user }
}

/**
 * Creates a caller with a real session. The user need not be a member of the tenant: the tenant
 * transaction then refuses the caller, as it would refuse an attacker.
 */
export async function sandboxCaller(email: unknown, slug: unknown): Promise<Caller> {
  if (typeof slug !== 'string') throw new TenantNotFound('(none given: use --tenant SLUG)')
  const { id } = await bySlug(platform(), slug)
  const { token, user } = await sandboxSession(email, slug)
  return { kind: 'session', token, tenantId: id, actor: { id: user.id, name: user.name } }
}

export const standardInput = (): Promise<string> => text(process.stdin)
