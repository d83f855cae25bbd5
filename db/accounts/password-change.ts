import { and, eq, ne } from 'drizzle-orm'
import { Invalid } from '@rowhouse/tenancy'
import { LinkSpent } from '#db/errors'
import * as links from '#db/accounts/links'
import * as letters from '#db/mail/letters'
import { post } from '#db/mail/outbox'
import { checkPassword, hashPassword, passwordFits } from '#db/accounts/passwords'
import { platform } from '#db/tenancy'
import { devices } from '#db/schema/accounts'
import { sessions } from '#db/schema/platform'
import { forgetDelays } from '#db/accounts/sign-in'
import { count, forget, type Policy } from '#db/accounts/throttle'
import * as users from '#db/accounts/users'

const guesses: Policy = {
  name: 'password of a signed-in user',
  free: 5,
  first: 10,
  longest: 900,
  memory: 3600,
}

/**
 * Sends a link for a new password, or word that there is no account: to the mailbox alone, with the
 * same work either way.
 */
export async function requestReset(typed: string): Promise<void> {
  const email = users.normalEmail(typed)
  await platform().transaction(async (tx) => {
    const known = await users.byEmail(tx, email)
    const token = await links.create(tx, 'reset', email)
    await post(tx, email, 'reset', known ? letters.reset(token) : letters.noAccount())
  })
}

/**
 * Sets a new password with a link of a mail, once, and ends every session and every remembered
 * browser. Returns whose it is. Throws LinkSpent, Invalid.
 */
export async function reset(token: string, password: string): Promise<string> {
  const link = await links.find('reset', token)
  if (!link) throw new LinkSpent()
  checkPassword(password, { email: link.email })
  const passwordHash = await hashPassword(password)
  const userId = await platform().transaction(async (tx) => {
    await links.use(tx, 'reset', token)
    const user = await users.byEmail(tx, link.email)
    if (!user) throw new LinkSpent()
    await users.setPassword(tx, user.id, passwordHash, { mailbox: true })
    await tx.delete(sessions).where(eq(sessions.userId, user.id))
    await tx.delete(devices).where(eq(devices.userId, user.id))
    await post(tx, user.email, 'password changed', letters.passwordChanged())
    return user.id
  })
  await forgetDelays(link.email)
  return userId
}

/**
 * Changes the password of somebody who is signed in and knows the old one; all other sessions end.
 * Throws Invalid, TooManyAttempts.
 */
export async function change(
  who: { userId: string; sessionId: string },
  current: string,
  password: string,
): Promise<void> {
  const user = await confirmPassword(who.userId, current)
  checkPassword(password, user)
  const passwordHash = await hashPassword(password)
  await platform().transaction(async (tx) => {
    await users.setPassword(tx, user.id, passwordHash, { mailbox: false })
    await tx
      .delete(sessions)
      .where(and(eq(sessions.userId, user.id), ne(sessions.id, who.sessionId)))
    await tx.delete(devices).where(eq(devices.userId, user.id))
    await post(tx, user.email, 'password changed', letters.passwordChanged())
  })
}

/**
 * Asks once more for the password before something that would lock its owner out. Throws Invalid,
 * TooManyAttempts.
 */
export async function confirmPassword(userId: string, given: string, field = 'currentPassword') {
  const user = await users.byId(platform(), userId)
  if (user.passwordHash === null)
    throw new Invalid(
      field,
      'Your account has no password yet; choose one with "forgot password" on the sign-in page.',
    )
  await count(guesses, userId)
  if (!(await passwordFits(user.passwordHash, given)))
    throw new Invalid(field, 'This is not your password.')
  await forget(guesses, userId)
  return user
}
