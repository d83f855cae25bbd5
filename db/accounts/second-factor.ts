import { randomBytes } from 'node:crypto'
import { and, count, eq, isNotNull, lt, sql } from 'drizzle-orm'
import { env } from '#db/env'
import { Invalid, type PlatformDb, decrypt, encrypt, secretHash } from '@rowhouse/tenancy'
import { platform, tenancy } from '#db/tenancy'
import { recoveryCodes, secondFactors } from '#db/schema/accounts'
import { base32, otpauth, stepOf } from '#db/accounts/totp'

const context = (userId: string) => `second factor ${userId}`
const codes = 10

export async function isOn(userId: string): Promise<boolean> {
  const [row] = await platform()
    .select({ at: secondFactors.confirmedAt })
    .from(secondFactors)
    .where(and(eq(secondFactors.userId, userId), isNotNull(secondFactors.confirmedAt)))
  return row !== undefined
}

/**
 * True when this operator has to turn the second factor on before the console is there: everywhere
 * but in development and tests.
 */
export async function isMissing(userId: string): Promise<boolean> {
  const { NODE_ENV, OPERATOR_SECOND_FACTOR } = env()
  const required =
    (OPERATOR_SECOND_FACTOR ?? (NODE_ENV === 'production' ? 'required' : 'optional')) === 'required'
  return required && !(await isOn(userId))
}

export async function recoveryCodesLeft(userId: string): Promise<number> {
  const [row] = await platform()
    .select({ left: count() })
    .from(recoveryCodes)
    .where(eq(recoveryCodes.userId, userId))
  return row?.left ?? 0
}

/**
 * Makes a new secret, which counts once a code of it was typed. An earlier one that was never
 * confirmed is replaced.
 */
export async function prepare(userId: string): Promise<void> {
  const encryptedSecret = encrypt(tenancy(), randomBytes(20).toString('base64'), context(userId))
  await platform()
    .insert(secondFactors)
    .values({ userId, encryptedSecret })
    .onConflictDoUpdate({
      target: secondFactors.userId,
      set: { encryptedSecret, lastStep: 0 },
      setWhere: sql`${secondFactors.confirmedAt} is null`,
    })
}

/**
 * The secret that waits for its first code: for the page that shows it to its owner, and for nobody
 * else.
 */
export async function prepared(user: {
  id: string
  email: string
}): Promise<{ uri: string; secret: string } | undefined> {
  const [row] = await platform()
    .select()
    .from(secondFactors)
    .where(eq(secondFactors.userId, user.id))
  if (!row || row.confirmedAt) return undefined
  const secret = Buffer.from(decrypt(tenancy(), row.encryptedSecret, context(user.id)), 'base64')
  return { uri: otpauth(secret, 'Rowhouse', user.email), secret: base32(secret) }
}

/**
 * Turns the second factor on with its first code. Returns the recovery codes, which are shown once.
 * Throws Invalid for a wrong code.
 */
export async function confirm(db: PlatformDb, userId: string, code: string): Promise<string[]> {
  if (!(await takeStep(db, userId, code, false)))
    throw new Invalid('code', 'This code is not right. Is the clock of your phone?')
  await db
    .update(secondFactors)
    .set({ confirmedAt: sql`now()` })
    .where(eq(secondFactors.userId, userId))
  return newRecoveryCodes(db, userId)
}

/** Ten new recovery codes; the ones before them are worth nothing any more. */
export async function newRecoveryCodes(db: PlatformDb, userId: string): Promise<string[]> {
  const made = Array.from({ length: codes }, () =>
    base32(randomBytes(10))
      .toLowerCase()
      .replace(/(.{4})(?=.)/g, '$1-'),
  )
  await db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId))
  await db.insert(recoveryCodes).values(made.map((code) => ({ userId, codeHash: hashOf(code) })))
  return made
}

export async function turnOff(db: PlatformDb, userId: string): Promise<void> {
  await db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId))
  await db.delete(secondFactors).where(eq(secondFactors.userId, userId))
}

/**
 * True when this is a code of the app that was not used before, or a recovery code, which is spent
 * by it.
 */
export async function fits(userId: string, given: string): Promise<boolean> {
  const code = given.replace(/[\s-]/g, '').toLowerCase()
  if (/^\d{6}$/.test(code)) return takeStep(platform(), userId, code, true)
  const spent = await platform()
    .delete(recoveryCodes)
    .where(and(eq(recoveryCodes.userId, userId), eq(recoveryCodes.codeHash, hashOf(code))))
    .returning({ userId: recoveryCodes.userId })
  return spent.length === 1
}

const hashOf = (code: string) => secretHash(code.replaceAll('-', ''))

/**
 * Finds the code's time step and takes it, in one statement, so that the same code twice at once
 * works once.
 */
async function takeStep(
  db: PlatformDb,
  userId: string,
  code: string,
  confirmed: boolean,
): Promise<boolean> {
  const [row] = await db.select().from(secondFactors).where(eq(secondFactors.userId, userId))
  if (!row || (row.confirmedAt !== null) !== confirmed) return false
  const step = stepOf(
    Buffer.from(decrypt(tenancy(), row.encryptedSecret, context(userId)), 'base64'),
    code,
  )
  if (step === undefined) return false
  const taken = await db
    .update(secondFactors)
    .set({ lastStep: step })
    .where(and(eq(secondFactors.userId, userId), lt(secondFactors.lastStep, step)))
    .returning({ userId: secondFactors.userId })
  return taken.length === 1
}
