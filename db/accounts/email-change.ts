import { and, eq, gt, sql } from 'drizzle-orm'
import { Invalid } from '@rowhouse/tenancy'
import { LinkInvalid } from '#db/errors'
import * as links from '#db/accounts/links'
import * as templates from '#db/mail/templates'
import { queueEmail } from '#db/mail/outbox'
import { platform } from '#db/tenancy'
import { emailChanges, links as linkTable, type LinkKind } from '#db/schema/accounts'
import { users as userTable } from '#db/schema/platform'
import { confirmPassword } from '#db/accounts/password-change'
import * as users from '#db/accounts/users'

export type AddressSide = Extract<LinkKind, 'old address' | 'new address'>

/**
 * Emails both addresses. The response is the same when the new address already has an account; the
 * email to it then has no confirmation link.
 *
 * @throws Invalid, TooManyAttempts
 */
export async function request(userId: string, typed: string, password: string): Promise<void> {
  const email = users.normalizeEmail(typed)
  const user = await confirmPassword(userId, password)
  if (email === user.email) throw new Invalid('email', 'This is already your address.')
  await platform().transaction(async (tx) => {
    await tx.delete(linkTable).where(sql`${linkTable.detail}->>'userId' = ${userId}`)
    const change = {
      email,
      oldConfirmedAt: null,
      newConfirmedAt: null,
      expiresAt: sql`now() + interval '1 day'`,
    }
    await tx
      .insert(emailChanges)
      .values({ userId, ...change })
      .onConflictDoUpdate({ target: emailChanges.userId, set: change })
    const taken = await users.byEmail(tx, email)
    const oldToken = await links.create(tx, 'old address', user.email, { userId })
    await queueEmail(tx, {
      to: user.email,
      kind: 'old address',
      content: templates.oldAddress(email, oldToken),
    })
    const newToken = await links.create(tx, 'new address', email, { userId })
    await queueEmail(tx, {
      to: email,
      kind: 'new address',
      content: taken ? templates.accountExists() : templates.newAddress(user.name, newToken),
    })
  })
}

/** The change that is not confirmed by both addresses yet, if there is one. */
export async function pending(userId: string) {
  const [change] = await platform()
    .select()
    .from(emailChanges)
    .where(and(eq(emailChanges.userId, userId), gt(emailChanges.expiresAt, sql`now()`)))
  return change
}

/**
 * Confirms the change from one of the two addresses. When both have confirmed, it takes effect.
 *
 * @returns The new address once it has changed; undefined while the other side has not confirmed.
 * @throws LinkInvalid, Invalid
 */
export async function confirm(side: AddressSide, token: string): Promise<string | undefined> {
  return platform().transaction(async (tx) => {
    const { detail } = await links.use(tx, side, token)
    const userId = detail.userId ?? ''
    const [change] = await tx
      .update(emailChanges)
      .set(side === 'old address' ? { oldConfirmedAt: sql`now()` } : { newConfirmedAt: sql`now()` })
      .where(and(eq(emailChanges.userId, userId), gt(emailChanges.expiresAt, sql`now()`)))
      .returning()
    if (!change) throw new LinkInvalid()
    if (!change.oldConfirmedAt || !change.newConfirmedAt) return undefined
    const { email: oldEmail } = await users.byId(tx, userId)
    if (await users.byEmail(tx, change.email))
      throw new Invalid('email', 'This address already has an account.')
    await tx
      .update(userTable)
      .set({ email: change.email, emailVerifiedAt: sql`now()` })
      .where(eq(userTable.id, userId))
    await tx.delete(emailChanges).where(eq(emailChanges.userId, userId))
    await queueEmail(tx, {
      to: oldEmail,
      kind: 'address changed',
      content: templates.addressChanged(change.email),
    })
    return change.email
  })
}

/** Cancels the change; the links in both emails stop working. */
export async function cancel(userId: string): Promise<void> {
  await platform().transaction(async (tx) => {
    await tx.delete(emailChanges).where(eq(emailChanges.userId, userId))
    await tx.delete(linkTable).where(sql`${linkTable.detail}->>'userId' = ${userId}`)
  })
}
