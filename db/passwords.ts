import { hash, verify } from '@node-rs/argon2'
import { Invalid } from '#db/errors'

// argon2id with the parameters that OWASP names first: 19 MiB, two passes, one lane
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const shortest = 10
const longest = 200

let decoy: Promise<string> | undefined

export const hashPassword = (password: string): Promise<string> => hash(password, options)

/** True when the password fits. Without a hash it takes the same time and is false, so that nobody learns whether there is an account. */
export async function passwordFits(stored: string | null, password: string): Promise<boolean> {
  decoy ??= hashPassword('nobody has this password')
  const fits = await verify(stored ?? (await decoy), password.slice(0, longest))
  return fits && stored !== null
}

/** Refuses a password that is too short or too long, with both numbers. */
export function checkPassword(password: string): void {
  if (password.length < shortest) throw new Invalid('password', `use at least ${shortest} characters; this has ${password.length}`)
  if (password.length > longest) throw new Invalid('password', `use at most ${longest} characters; this has ${password.length}`)
}
