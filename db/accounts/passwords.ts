import { hash, verify } from '@node-rs/argon2'
import { isCommon } from '#db/accounts/common-passwords'
import { Invalid } from '@rowhouse/tenancy'

// argon2id with the parameters that OWASP names first: 19 MiB, two passes, one lane
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const shortest = 10
const longest = 200

let decoy: Promise<string> | undefined

export const hashPassword = (password: string): Promise<string> => hash(password, options)

/**
 * True when the password fits. Without a hash it takes the same time and is false, so that nobody
 * learns whether there is an account.
 */
export async function passwordFits(stored: string | null, password: string): Promise<boolean> {
  decoy ??= hashPassword('nobody has this password')
  const fits = await verify(stored ?? (await decoy), password.slice(0, longest))
  return fits && stored !== null
}

/**
 * Refuses a password that is too short, too long, common, or the person's own address or name.
 * Throws Invalid for `field`.
 */
export function checkPassword(
  password: string,
  about: { email: string; name?: string },
  field = 'password',
): void {
  if (password.length < shortest)
    throw new Invalid(field, `Use at least ${shortest} characters; this has ${password.length}.`)
  if (password.length > longest)
    throw new Invalid(field, `Use at most ${longest} characters; this has ${password.length}.`)
  if (isCommon(password))
    throw new Invalid(
      field,
      'This password is one of the first that an attacker tries; choose another.',
    )
  const lower = password.toLowerCase()
  const own = [about.email, ...about.email.split('@'), about.name ?? '']
    .map((text) => text.toLowerCase())
    .filter((text) => text.length > 3)
  if (own.some((text) => lower.includes(text) && lower.length - text.length < 6))
    throw new Invalid(field, 'Choose a password that is not your name or address.')
}
