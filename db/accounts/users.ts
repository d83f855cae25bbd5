import { eq, sql } from 'drizzle-orm'
import { Invalid, NotFound, newId, type PlatformDb } from '@rowhouse/tenancy'
import { hashPassword } from '#db/accounts/passwords'
import { operators, users } from '#db/schema/platform'

/**
 * One form for each address: NFKC, trimmed, lower case. Throws Invalid when it is no address or has
 * a look-alike @.
 */
export function normalEmail(text: string): string {
  const email = text.normalize('NFKC').trim().toLowerCase()
  if (!/^[^\s@,;<>"]+@[^\s@,;<>"]+\.[^\s@,;<>".]+$/.test(email) || email.length > 254)
    throw new Invalid('email', 'This is not an e-mail address.')
  return email
}

export async function byEmail(db: PlatformDb, email: string) {
  const [user] = await db.select().from(users).where(eq(users.email, email))
  return user
}

/**
 * Adds a user; a password may be missing when the person signs in by OAuth only. Throws Invalid
 * when the address is taken.
 */
export async function create(
  db: PlatformDb,
  input: { email: string; name: string; password?: string; verified?: boolean },
) {
  const email = normalEmail(input.email)
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
  if (!user) throw new Invalid('email', `The address ${email} has an account already.`)
  return user
}

export async function makeOperator(db: PlatformDb, userId: string, addedBy: string): Promise<void> {
  await db.insert(operators).values({ userId, addedBy }).onConflictDoNothing()
}

/** Throws NotFound when there is no such user (any more). */
export async function byId(db: PlatformDb, id: string) {
  const [user] = await db.select().from(users).where(eq(users.id, id))
  if (!user) throw new NotFound('this account')
  return user
}

export async function rename(db: PlatformDb, id: string, name: string): Promise<void> {
  await db.update(users).set({ name: name.trim() }).where(eq(users.id, id))
}

/** Sets a password that was checked before; proof of the mailbox comes with a reset. */
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
