import { eq } from 'drizzle-orm'
import { AccountBlocked } from '#db/errors'
import * as devices from '#db/accounts/devices'
import { passwordFits } from '#db/accounts/passwords'
import { platform } from '#db/tenancy'
import { bans } from '#db/schema/platform'
import * as secondFactor from '#db/accounts/second-factor'
import { count, forget, takeBack, type Policy } from '#db/accounts/throttle'
import * as users from '#db/accounts/users'

const hour = 3600
const perPlace: Policy = {
  name: 'sign-in to an account from one place',
  free: 5,
  first: 5,
  longest: hour / 4,
  memory: 24 * hour,
}
// no address is known, so its owner may be behind it too
const perNowhere: Policy = { ...perPlace, name: 'sign-in to an account from nowhere', longest: 60 }
// strangers everywhere together: the wait stays short, since its owner, on a new device, has to
// wait too
const perAccount: Policy = {
  name: 'sign-in to an account',
  free: 20,
  first: 2,
  longest: 60,
  memory: hour,
}
const perAddress: Policy = {
  name: 'sign-in from an address',
  free: 60,
  first: 5,
  longest: hour / 4,
  memory: hour,
}
const perCode: Policy = {
  name: 'second factor',
  free: 5,
  first: 10,
  longest: hour / 4,
  memory: 24 * hour,
}

export type Credentials = {
  email: string
  password: string
  address: string | null
  device: string | undefined
}

/**
 * Checks an e-mail address and a password. Out: whose they are and whether a code is asked for as
 * well, or undefined when either is wrong, in the same time. Failures count per account and place,
 * per account, and per network address; a browser that has signed in before counts by itself, so
 * that strangers cannot keep its owner out. Throws TooManyAttempts, AccountBlocked.
 */
export async function checkCredentials({
  email: typed,
  password,
  address,
  device,
}: Credentials): Promise<{ userId: string; needsCode: boolean } | undefined> {
  const email = typed.normalize('NFKC').trim().toLowerCase().slice(0, 254)
  const user = await users.byEmail(platform(), email)
  const known = await devices.belongsTo(device, user?.id)
  const place = `${email}\n${known ? `device ${device}` : (address ?? 'nowhere')}`
  const perThis = known || address ? perPlace : perNowhere
  if (address) await count(perAddress, address)
  if (!known) await count(perAccount, email)
  await count(perThis, place)
  if (!(await passwordFits(user?.passwordHash ?? null, password)) || !user) return undefined
  await Promise.all([
    forget(perThis, place),
    forget(perAccount, email),
    address ? takeBack(perAddress, address) : undefined,
  ])
  await refuseBanned(user.id)
  return { userId: user.id, needsCode: await secondFactor.isOn(user.id) }
}

/**
 * Checks a code of the app or a recovery code, each of which works once. Throws TooManyAttempts,
 * AccountBlocked.
 */
export async function checkCode(userId: string, code: string): Promise<boolean> {
  await count(perCode, userId)
  if (!(await secondFactor.fits(userId, code))) return false
  await forget(perCode, userId)
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

/** What a reset proves: the mailbox. The delays that strangers have caused end with it. */
export const forgetDelays = (email: string): Promise<void> => forget(perAccount, email)
