import { domainToASCII } from 'node:url'
import { eq, sql } from 'drizzle-orm'
import { Invalid, NotFound, newId, type PlatformDb } from '@rowhouse/tenancy'
import { hashPassword } from '#db/accounts/passwords'
import { operators, users } from '#db/schema/platform'

const localPart = /^[^\s@,;<>"()[\]\\.]+(\.[^\s@,;<>"()[\]\\.]+)*$/
const domainName = /^([\p{L}\p{M}\p{N}-]+[.。])+[\p{L}\p{M}\p{N}-]+$/u

/**
 * Normalises an email address, so that one mailbox is one user: NFKC, trimmed, lower case, and a domain
 * of other scripts in its ASCII form (`bücher.example` is `xn--bcher-kva.example`).
 *
 * @throws Invalid when it is not the address of a mailbox at a domain.
 */
export function normalizeEmail(text: string): string {
  const email = parseEmail(text)
  if (email === undefined) throw new Invalid('email', 'This is not an email address.')
  return email
}

/** Normalises what was typed as an address for a comparison, even if it is none. */
export const comparableEmail = (text: string): string =>
  parseEmail(text) ?? fold(text).slice(0, 254)

const fold = (text: string) => text.normalize('NFKC').trim().toLowerCase()

function parseEmail(text: string): string | undefined {
  const email = fold(text)
  const at = email.lastIndexOf('@')
  const [local, domain] = [email.slice(0, at), email.slice(at + 1)]
  // an empty string for a domain that cannot exist
  const ascii = domainName.test(domain) ? domainToASCII(domain) : ''
  const labels = ascii.split('.')
  const valid =
    at > 0 &&
    localPart.test(local) &&
    labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? '')
  const normal = `${local}@${ascii}`
  return valid && normal.length <= 254 ? normal : undefined
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
