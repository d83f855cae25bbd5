import { hash, verify } from '@node-rs/argon2'
import { findWeakness } from '#db/accounts/password-strength'
import { Invalid } from '@rowhouse/tenancy'

// argon2id with the parameters that OWASP names first: 19 MiB, two passes, one lane
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const minLength = 10
const maxLength = 200

let decoy: Promise<string> | undefined

/**
 * Brings a password into one Unicode form, because keyboards differ in the one that they send: NFC,
 * with ordinary spaces (OpaqueString of RFC 8265).
 */
const normalize = (password: string): string =>
  password.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC')

export const hashPassword = (password: string): Promise<string> =>
  hash(normalize(password), options)

/**
 * Checks a password against its hash, which may be of a form that was hashed as it was typed. Without a hash it takes the same time and fails, so that the
 * time does not reveal whether an account exists.
 */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  decoy ??= hashPassword('nobody has this password')
  const forms = new Set([normalize(password), password, password.normalize('NFD')])
  for (const form of forms)
    if (await verify(stored ?? (await decoy), form.slice(0, maxLength))) return stored !== null
  return false
}

/** What is known of a user. Attackers try passwords made of these words. */
export type PasswordOwner = { email: string; name?: string; tenants?: string[] }

/**
 * Checks a new password. Existing passwords keep working when these rules change.
 *
 * @throws Invalid when it is too short, too long or too easy to guess.
 */
export async function validatePassword(typed: string, owner: PasswordOwner): Promise<void> {
  const password = normalize(typed)
  if (password.length < minLength)
    throw new Invalid(
      'password',
      `Use at least ${minLength} characters; this password has ${password.length}.`,
    )
  if (password.length > maxLength)
    throw new Invalid(
      'password',
      `Use at most ${maxLength} characters; this password has ${password.length}.`,
    )
  const weakness = await findWeakness(password, wordsOf(owner))
  if (weakness)
    throw new Invalid(
      'password',
      `This password is too easy to guess: ${weakness}. Use four or more unrelated words, or let your password manager make one.`,
    )
}

function wordsOf({ email, name = '', tenants = [] }: PasswordOwner): string[] {
  const separator = /[^\p{L}\p{N}]+/u
  return ['Rowhouse', email, name, ...tenants]
    .map((text) => text.toLowerCase())
    .flatMap((text) => [text, text.split(separator).join(''), ...text.split(separator)])
    .filter((word) => word.length > 2)
}
