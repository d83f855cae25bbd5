import { countAttempt, type AttemptPolicy } from '#db/accounts/throttle'
import { normalizeEmail } from '#db/accounts/users'

const perMailbox: AttemptPolicy = {
  name: 'emails to an address',
  freeAttempts: 4,
  firstDelay: 60,
  maxDelay: 3600,
  resetAfter: 86_400,
}
const perAddress: AttemptPolicy = {
  name: 'emails requested from a network address',
  freeAttempts: 40,
  firstDelay: 30,
  maxDelay: 3600,
  resetAfter: 3600,
}

/**
 * Counts a requested email, so that our forms cannot be used to flood a mailbox.
 *
 * @param address - The network address of the request; null when it is unknown.
 * @throws Invalid, TooManyAttempts
 */
export async function countEmail(typed: string, address: string | null): Promise<void> {
  if (address) await countAttempt(perAddress, address)
  await countAttempt(perMailbox, normalizeEmail(typed))
}
