import { count, type Policy } from '#db/accounts/throttle'
import { normalEmail } from '#db/accounts/users'

const perMailbox: Policy = {
  name: 'mails that a stranger asks for',
  free: 4,
  first: 60,
  longest: 3600,
  memory: 86_400,
}
const perAddress: Policy = {
  name: 'mails asked for from an address',
  free: 40,
  first: 30,
  longest: 3600,
  memory: 3600,
}

/**
 * Nobody's mailbox is filled from our pages: counts a mail that somebody without a session asks
 * for. Throws Invalid, TooManyAttempts.
 */
export async function countMail(typed: string, address: string | null): Promise<void> {
  if (address) await count(perAddress, address)
  await count(perMailbox, normalEmail(typed))
}
