import { and, eq, gt, sql } from 'drizzle-orm'
import { Invalid } from '@rowhouse/tenancy'
import { LinkSpent } from '#db/errors'
import * as links from '#db/accounts/links'
import * as letters from '#db/mail/letters'
import { post } from '#db/mail/outbox'
import { platform } from '#db/tenancy'
import { emailChanges, links as linkTable, type LinkKind } from '#db/schema/accounts'
import { users as userTable } from '#db/schema/platform'
import { confirmPassword } from '#db/accounts/password-change'
import * as users from '#db/accounts/users'

export type Side = Extract<LinkKind, 'old address' | 'new address'>

/**
 * Writes to both addresses. Whether the new one has an account already is not told: that mail then
 * just does not ask. Throws Invalid, TooManyAttempts.
 */
export async function request(userId: string, typed: string, password: string): Promise<void> {
  const email = users.normalEmail(typed)
  const user = await confirmPassword(userId, password)
  if (email === user.email) throw new Invalid('email', 'This is your address already.')
  await platform().transaction(async (tx) => {
    await tx.delete(linkTable).where(sql`${linkTable.detail}->>'userId' = ${userId}`)
    const change = {
      email,
      oldAgreedAt: null,
      newAgreedAt: null,
      expiresAt: sql`now() + interval '1 day'`,
    }
    await tx
      .insert(emailChanges)
      .values({ userId, ...change })
      .onConflictDoUpdate({ target: emailChanges.userId, set: change })
    const taken = await users.byEmail(tx, email)
    await post(
      tx,
      user.email,
      'old address',
      letters.oldAddress(email, await links.create(tx, 'old address', user.email, { userId })),
    )
    const token = await links.create(tx, 'new address', email, { userId })
    await post(
      tx,
      email,
      'new address',
      taken ? letters.accountExists() : letters.newAddress(user.name, token),
    )
  })
}

/** The wish that waits for an address to agree, if there is one. */
export async function pending(userId: string) {
  const [change] = await platform()
    .select()
    .from(emailChanges)
    .where(and(eq(emailChanges.userId, userId), gt(emailChanges.expiresAt, sql`now()`)))
  return change
}

/**
 * One side says yes. When both have, the address is changed: returns it then, and undefined before.
 * Throws LinkSpent, Invalid.
 */
export async function agree(side: Side, token: string): Promise<string | undefined> {
  return platform().transaction(async (tx) => {
    const { detail } = await links.use(tx, side, token)
    const userId = detail.userId ?? ''
    const [change] = await tx
      .update(emailChanges)
      .set(side === 'old address' ? { oldAgreedAt: sql`now()` } : { newAgreedAt: sql`now()` })
      .where(and(eq(emailChanges.userId, userId), gt(emailChanges.expiresAt, sql`now()`)))
      .returning()
    if (!change) throw new LinkSpent()
    if (!change.oldAgreedAt || !change.newAgreedAt) return undefined
    const { email: old } = await users.byId(tx, userId)
    if (await users.byEmail(tx, change.email))
      throw new Invalid('email', 'This address has an account already.')
    await tx
      .update(userTable)
      .set({ email: change.email, emailVerifiedAt: sql`now()` })
      .where(eq(userTable.id, userId))
    await tx.delete(emailChanges).where(eq(emailChanges.userId, userId))
    await post(tx, old, 'address changed', letters.addressChanged(change.email))
    return change.email
  })
}

/** Takes the wish back, with the links of both mails. */
export async function cancel(userId: string): Promise<void> {
  await platform().transaction(async (tx) => {
    await tx.delete(emailChanges).where(eq(emailChanges.userId, userId))
    await tx.delete(linkTable).where(sql`${linkTable.detail}->>'userId' = ${userId}`)
  })
}
