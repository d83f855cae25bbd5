import { eq } from 'drizzle-orm'
import { AccountBlocked } from '#db/errors'
import * as devices from '#db/accounts/devices'
import { verifyPassword } from '#db/accounts/passwords'
import { platform } from '#db/tenancy'
import { bans } from '#db/schema/platform'
import * as secondFactor from '#db/accounts/second-factor'
import { countAttempt, clearAttempts, undoAttempt, type AttemptPolicy } from '#db/accounts/throttle'
import * as users from '#db/accounts/users'

const hour = 3600
const perSource: AttemptPolicy = {
  name: 'sign-in to an account from one source',
  freeAttempts: 5,
  firstDelay: 5,
  maxDelay: hour / 4,
  resetAfter: 24 * hour,
}
// the source is unknown, so it may be the account's owner: keep the delay short
const perUnknownSource: AttemptPolicy = {
  ...perSource,
  name: 'sign-in to an account from an unknown source',
  maxDelay: 60,
}
// counts attempts from all networks. The delay stays short, because it also applies to the
// account's owner on a new device.
const perAccount: AttemptPolicy = {
  name: 'sign-in to an account',
  freeAttempts: 20,
  firstDelay: 2,
  maxDelay: 60,
  resetAfter: hour,
}
const perAddress: AttemptPolicy = {
  name: 'sign-in from an address',
  freeAttempts: 60,
  firstDelay: 5,
  maxDelay: hour / 4,
  resetAfter: hour,
}
const perCode: AttemptPolicy = {
  name: 'second factor',
  freeAttempts: 5,
  firstDelay: 10,
  maxDelay: hour / 4,
  resetAfter: 24 * hour,
}

export type Credentials = {
  email: string
  password: string
  address: string | null
  device: string | undefined
}

/**
 * Checks an email address and a password. Failures count per account and source, per account, and
 * per network address. A browser that has signed in before counts as its own source, so that
 * strangers cannot lock the account's owner out.
 *
 * @returns The user, and whether a second factor is needed; undefined when address or password is
 *   wrong. Both take the same time.
 * @throws TooManyAttempts, AccountBlocked
 */
export async function checkCredentials({
  email: typed,
  password,
  address,
  device,
}: Credentials): Promise<{ userId: string; needsCode: boolean } | undefined> {
  const email = users.comparableEmail(typed)
  const user = await users.byEmail(platform(), email)
  const known = await devices.isKnown(device, user?.id)
  const source = `${email}\n${known ? `device ${device}` : (address ?? 'unknown')}`
  const sourcePolicy = known || address ? perSource : perUnknownSource
  if (address) await countAttempt(perAddress, address)
  if (!known) await countAttempt(perAccount, email)
  await countAttempt(sourcePolicy, source)
  if (!(await verifyPassword(user?.passwordHash ?? null, password)) || !user) return undefined
  await Promise.all([
    clearAttempts(sourcePolicy, source),
    clearAttempts(perAccount, email),
    address ? undoAttempt(perAddress, address) : undefined,
  ])
  await refuseBanned(user.id)
  return { userId: user.id, needsCode: await secondFactor.isOn(user.id) }
}

/**
 * Checks a code from an authenticator app or a recovery code. Each works once.
 *
 * @throws TooManyAttempts, AccountBlocked
 */
export async function checkCode(userId: string, code: string): Promise<boolean> {
  await countAttempt(perCode, userId)
  if (!(await secondFactor.verifyCode(userId, code))) return false
  await clearAttempts(perCode, userId)
  await refuseBanned(userId)
  return true
}

async function refuseBanned(userId: string): Promise<void> {
  if (await isBanned(userId)) throw new AccountBlocked()
}

export async function isBanned(userId: string): Promise<boolean> {
  const [ban] = await platform().select({ at: bans.at }).from(bans).where(eq(bans.userId, userId))
  return ban !== undefined
}

/**
 * Ends the delays that strangers have caused for an address, once a password reset has proven that
 * the mailbox belongs to the user.
 */
export const clearSignInDelays = (email: string): Promise<void> => clearAttempts(perAccount, email)
