import { and, eq, ne } from 'drizzle-orm'
import { Invalid } from '@rowhouse/tenancy'
import { LinkInvalid } from '#db/errors'
import * as links from '#db/accounts/links'
import * as templates from '#db/mail/templates'
import { queueEmail } from '#db/mail/outbox'
import { validatePassword, hashPassword, verifyPassword } from '#db/accounts/passwords'
import { platform } from '#db/tenancy'
import { devices } from '#db/schema/accounts'
import { members, sessions } from '#db/schema/platform'
import { tenants } from '@rowhouse/tenancy/schema'
import { clearSignInDelays } from '#db/accounts/sign-in'
import { countAttempt, clearAttempts, type AttemptPolicy } from '#db/accounts/throttle'
import * as users from '#db/accounts/users'

const guesses: AttemptPolicy = {
  name: 'password of a signed-in user',
  freeAttempts: 5,
  firstDelay: 10,
  maxDelay: 900,
  resetAfter: 3600,
}

/**
 * Emails a reset link, or that the address has no account. The response and the time it takes are
 * the same in both cases, so that they do not reveal which addresses have accounts.
 */
export async function requestReset(typed: string): Promise<void> {
  const email = users.normalizeEmail(typed)
  await platform().transaction(async (tx) => {
    const known = await users.byEmail(tx, email)
    const token = await links.create(tx, 'reset', email)
    await queueEmail(tx, {
      to: email,
      kind: 'reset',
      content: known ? templates.reset(token) : templates.noAccount(),
    })
  })
}

/**
 * Sets a new password with a reset link, which works once. Ends every session and forgets every
 * remembered browser.
 *
 * @returns The user's id.
 * @throws LinkInvalid, Invalid
 */
export async function reset(token: string, password: string): Promise<string> {
  const link = await links.find('reset', token)
  if (!link) throw new LinkInvalid()
  const owner = await users.byEmail(platform(), link.email)
  if (!owner) throw new LinkInvalid()
  await validatePassword(password, { ...owner, tenants: await tenantNames(owner.id) })
  const passwordHash = await hashPassword(password)
  const userId = await platform().transaction(async (tx) => {
    await links.use(tx, 'reset', token)
    const user = await users.byEmail(tx, link.email)
    if (!user) throw new LinkInvalid()
    await users.setPassword(tx, user.id, passwordHash, { mailbox: true })
    await tx.delete(sessions).where(eq(sessions.userId, user.id))
    await tx.delete(devices).where(eq(devices.userId, user.id))
    await queueEmail(tx, {
      to: user.email,
      kind: 'password changed',
      content: templates.passwordChanged(),
    })
    return user.id
  })
  await clearSignInDelays(link.email)
  return userId
}

/**
 * Changes the password of a signed-in user who knows the current one. All their other sessions end.
 *
 * @throws Invalid, TooManyAttempts
 */
export async function change(
  session: { userId: string; sessionId: string },
  current: string,
  password: string,
): Promise<void> {
  const user = await confirmPassword(session.userId, current)
  await validatePassword(password, { ...user, tenants: await tenantNames(user.id) })
  const passwordHash = await hashPassword(password)
  await platform().transaction(async (tx) => {
    await users.setPassword(tx, user.id, passwordHash, { mailbox: false })
    await tx
      .delete(sessions)
      .where(and(eq(sessions.userId, user.id), ne(sessions.id, session.sessionId)))
    await tx.delete(devices).where(eq(devices.userId, user.id))
    await queueEmail(tx, {
      to: user.email,
      kind: 'password changed',
      content: templates.passwordChanged(),
    })
  })
}

/**
 * Asks a signed-in user for their password again, before a change that could lock them out.
 *
 * @returns The user.
 * @throws Invalid, TooManyAttempts
 */
export async function confirmPassword(userId: string, password: string, field = 'currentPassword') {
  const user = await users.byId(platform(), userId)
  if (user.passwordHash === null)
    throw new Invalid(
      field,
      'Your account has no password yet; choose one with "forgot password" on the sign-in page.',
    )
  await countAttempt(guesses, userId)
  if (!(await verifyPassword(user.passwordHash, password)))
    throw new Invalid(field, 'This is not your password.')
  await clearAttempts(guesses, userId)
  return user
}

async function tenantNames(userId: string): Promise<string[]> {
  const rows = await platform()
    .select({ name: tenants.name })
    .from(members)
    .innerJoin(tenants, eq(tenants.id, members.tenantId))
    .where(eq(members.userId, userId))
  return rows.map(({ name }) => name)
}
