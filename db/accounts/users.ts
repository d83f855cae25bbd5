import { eq, sql } from 'drizzle-orm'
import { Invalid, NotFound, newId, type PlatformDb } from '@rowhouse/tenancy'
import { hashPassword } from '#db/accounts/passwords'
import { operators, users } from '#db/schema/platform'

/**
 * Normalises an email address: NFKC, trimmed, lower case.
 *
 * @throws Invalid when it is not an email address.
 */
export function normalizeEmail(text: string): string {
  const email = text.normalize('NFKC').trim().toLowerCase()
  if (!/^[^\s@,;<>"]+@[^\s@,;<>"]+\.[^\s@,;<>".]+$/.test(email) || email.length > 254)
    throw new Invalid('email', 'This is not an email address.')
  return email
}

export async function byEmail(db: PlatformDb, email: string) {
  const [user] = await db.select().from(users).where(eq(users.email, email))
  return user
}

/**
 * Adds a user. Without a password they sign in through an OAuth provider.
 *
 * @throws Invalid when the address already has an account.
 */
export async function create(
  db: PlatformDb,
  input: { email: string; name: string; password?: string; verified?: boolean },
) {
  const email = normalizeEmail(input.email)
  const passwordHash = input.password === undefined ? null : await hashPassword(input.password)
  const [user] = await db
    .insert(users)
    .values({
      id: newId(),
      email,
      name: input.name.trim(),
      passwordHash,
      emailVerifiedAt: input.verified ? new Date() : null,
    })
    .onConflictDoNothing({ target: users.email })
    .returning()
  if (!user) throw new Invalid('email', `The address ${email} already has an account.`)
  return user
}

/** Gives a user access to the console. `addedBy` is recorded. */
export async function makeOperator(db: PlatformDb, userId: string, addedBy: string): Promise<void> {
  await db.insert(operators).values({ userId, addedBy }).onConflictDoNothing()
}

/** @throws NotFound */
export async function byId(db: PlatformDb, id: string) {
  const [user] = await db.select().from(users).where(eq(users.id, id))
  if (!user) throw new NotFound('this account')
  return user
}

export async function rename(db: PlatformDb, id: string, name: string): Promise<void> {
  await db.update(users).set({ name: name.trim() }).where(eq(users.id, id))
}

/**
 * Stores the hash of a validated password.
 *
 * @param proven - `mailbox`: whether the user has just proven that the address is theirs.
 */
export async function setPassword(
  db: PlatformDb,
  id: string,
  passwordHash: string,
  proven: { mailbox: boolean },
): Promise<void> {
  await db
    .update(users)
    .set({
      passwordHash,
      ...(proven.mailbox && { emailVerifiedAt: sql`coalesce(${users.emailVerifiedAt}, now())` }),
    })
    .where(eq(users.id, id))
}
