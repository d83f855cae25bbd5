import { countAttempt, type AttemptPolicy } from '#db/accounts/throttle'
import { normalEmail } from '#db/accounts/users'

const perMailbox: AttemptPolicy = {
  name: 'mails that a stranger asks for',
  freeAttempts: 4,
  firstDelay: 60,
  maxDelay: 3600,
  resetAfter: 86_400,
}
const perAddress: AttemptPolicy = {
  name: 'mails asked for from an address',
  freeAttempts: 40,
  firstDelay: 30,
  maxDelay: 3600,
  resetAfter: 3600,
}

/**
 * Nobody's mailbox is filled from our pages: counts a mail that somebody without a session asks
 * for. Throws Invalid, TooManyAttempts.
 */
export async function countMail(typed: string, address: string | null): Promise<void> {
  if (address) await countAttempt(perAddress, address)
  await countAttempt(perMailbox, normalEmail(typed))
}
