import { randomBytes } from 'node:crypto'
import { and, count, eq, isNotNull, lt, sql } from 'drizzle-orm'
import { env } from '#db/env'
import { Invalid, type PlatformDb, decrypt, encrypt, secretHash } from '@rowhouse/tenancy'
import { platform, tenancy } from '#db/tenancy'
import { recoveryCodes, secondFactors } from '#db/schema/accounts'
import { base32, matchingStep, totpOf } from '#db/accounts/totp'

const encryptionContext = (userId: string) => `second factor ${userId}`
const recoveryCodeCount = 10

/** Whether a user has a confirmed second factor. */
export async function isOn(userId: string): Promise<boolean> {
  const [row] = await platform()
    .select({ at: secondFactors.confirmedAt })
    .from(secondFactors)
    .where(and(eq(secondFactors.userId, userId), isNotNull(secondFactors.confirmedAt)))
  return row !== undefined
}

/**
 * Whether an operator must still turn on a second factor before using the console. In development and
 * tests it is optional, unless configured otherwise.
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
 * Creates a secret, which takes effect when its first code is confirmed. Replaces an earlier secret
 * that was never confirmed, and never a confirmed one.
 */
export async function startSetup(userId: string): Promise<void> {
  const encryptedSecret = encrypt(
    tenancy(),
    randomBytes(20).toString('base64'),
    encryptionContext(userId),
  )
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
 * Reads the secret that is not confirmed yet. Show it to its user only.
 *
 * @returns The `otpauth:` address for a QR code, and the secret in base32 for typing; undefined
 *   when no setup is pending.
 */
export async function pendingSetup(user: {
  id: string
  email: string
}): Promise<{ uri: string; secret: string } | undefined> {
  const [row] = await platform()
    .select()
    .from(secondFactors)
    .where(eq(secondFactors.userId, user.id))
  if (!row || row.confirmedAt) return undefined
  const secret = decryptSecret(user.id, row.encryptedSecret)
  return { uri: totpOf(secret, user.email).toString(), secret: base32(secret) }
}

/**
 * Turns the second factor on with its first code.
 *
 * @returns The recovery codes, which can be shown only now.
 * @throws Invalid for a wrong code.
 */
export async function confirmSetup(
  db: PlatformDb,
  userId: string,
  code: string,
): Promise<string[]> {
  if (!(await consumeCode(db, userId, code, { confirmed: false })))
    throw new Invalid(
      'code',
      'This code is not right. Check that the clock of your phone is right, and type the code that the app shows now.',
    )
  await db
    .update(secondFactors)
    .set({ confirmedAt: sql`now()` })
    .where(eq(secondFactors.userId, userId))
  return replaceRecoveryCodes(db, userId)
}

/** Creates ten recovery codes; all earlier ones stop working. */
export async function replaceRecoveryCodes(db: PlatformDb, userId: string): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodeCount }, () =>
    base32(randomBytes(10))
      .toLowerCase()
      .replace(/(.{4})(?=.)/g, '$1-'),
  )
  await db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId))
  await db
    .insert(recoveryCodes)
    .values(codes.map((code) => ({ userId, codeHash: recoveryCodeHash(code) })))
  return codes
}

/** Deletes a user's second factor and recovery codes. */
export async function turnOff(db: PlatformDb, userId: string): Promise<void> {
  await db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId))
  await db.delete(secondFactors).where(eq(secondFactors.userId, userId))
}

/** Checks a code of the app or a recovery code, and uses it up. */
export async function verifyCode(userId: string, typed: string): Promise<boolean> {
  const code = typed.replace(/[\s-]/g, '').toLowerCase()
  if (/^\d{6}$/.test(code)) return consumeCode(platform(), userId, code, { confirmed: true })
  const used = await platform()
    .delete(recoveryCodes)
    .where(
      and(eq(recoveryCodes.userId, userId), eq(recoveryCodes.codeHash, recoveryCodeHash(code))),
    )
    .returning({ userId: recoveryCodes.userId })
  return used.length === 1
}

const recoveryCodeHash = (code: string) => secretHash(code.replaceAll('-', ''))

const decryptSecret = (userId: string, encrypted: string): Buffer =>
  Buffer.from(decrypt(tenancy(), encrypted, encryptionContext(userId)), 'base64')

/**
 * Records the time step of a code as used, in one statement, so that a code that arrives twice at
 * the same time works once.
 */
async function consumeCode(
  db: PlatformDb,
  userId: string,
  code: string,
  { confirmed }: { confirmed: boolean },
): Promise<boolean> {
  const [row] = await db.select().from(secondFactors).where(eq(secondFactors.userId, userId))
  if (!row || (row.confirmedAt !== null) !== confirmed) return false
  const step = matchingStep(decryptSecret(userId, row.encryptedSecret), code)
  if (step === undefined) return false
  const updated = await db
    .update(secondFactors)
    .set({ lastStep: step })
    .where(and(eq(secondFactors.userId, userId), lt(secondFactors.lastStep, step)))
    .returning({ userId: secondFactors.userId })
  return updated.length === 1
}
