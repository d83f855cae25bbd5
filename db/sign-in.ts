import { RateLimiterPostgres } from 'rate-limiter-flexible'
import { TooManyAttempts } from '#db/errors'
import { passwordFits } from '#db/passwords'
import { platformPool } from '#db/pools'
import { platform } from '#db/registry'
import * as users from '#db/users'

const perAddress = () => limiter('sign-in address', 60, 15 * 60)
const perAccount = () => limiter('sign-in account', 10, 5 * 60)

const limiter = (keyPrefix: string, points: number, duration: number) =>
  new RateLimiterPostgres({ storeClient: platformPool(), schemaName: 'platform', tableName: 'rate_limits', tableCreated: true, keyPrefix, points, duration, clearExpiredByTimeout: false })

/**
 * Checks an e-mail address and a password. Out: the user's id, or undefined when either is wrong, in the same time. Failures
 * count per account and per network address; throws TooManyAttempts with the seconds to wait. Success clears the account's count.
 */
export async function checkCredentials(input: { email: string; password: string; address: string }): Promise<string | undefined> {
  const email = input.email.normalize('NFKC').trim().toLowerCase().slice(0, 254)
  const account = perAccount()
  await Promise.all([spend(perAddress(), input.address), spend(account, email)])
  const user = await users.byEmail(platform(), email)
  if (!(await passwordFits(user?.passwordHash ?? null, input.password))) return undefined
  await account.delete(email)
  return user?.id
}

async function spend(limit: RateLimiterPostgres, key: string): Promise<void> {
  try {
    await limit.consume(key)
  } catch (refused) {
    if (refused instanceof Error) throw refused
    throw new TooManyAttempts(Math.ceil((refused as { msBeforeNext: number }).msBeforeNext / 1000))
  }
}
