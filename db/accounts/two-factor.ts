import * as letters from '#db/mail/letters'
import { post } from '#db/mail/outbox'
import { confirmPassword } from '#db/accounts/password-change'
import { platform } from '#db/tenancy'
import * as secondFactor from '#db/accounts/second-factor'

// What a signed-in user does about their second factor. Each change is told to their mailbox, and
// takes the password first.

/** Makes a secret that waits for its first code. Throws Invalid, TooManyAttempts. */
export async function start(userId: string, password: string): Promise<void> {
  await confirmPassword(userId, password)
  await secondFactor.prepare(userId)
}

/**
 * Turns it on with the first code. Returns the recovery codes, to be shown once. Throws Invalid.
 */
export async function confirm(
  user: { id: string; email: string },
  code: string,
): Promise<string[]> {
  return platform().transaction(async (tx) => {
    const codes = await secondFactor.confirm(tx, user.id, code.replace(/\s/g, ''))
    await post(tx, user.email, 'second factor', letters.secondFactorChanged(true))
    return codes
  })
}

/** Ten new recovery codes, to be shown once. Throws Invalid, TooManyAttempts. */
export async function renewCodes(userId: string, password: string): Promise<string[]> {
  await confirmPassword(userId, password)
  return platform().transaction((tx) => secondFactor.newRecoveryCodes(tx, userId))
}

/** Turns it off. Throws Invalid, TooManyAttempts. */
export async function end(userId: string, password: string): Promise<void> {
  const user = await confirmPassword(userId, password)
  await platform().transaction(async (tx) => {
    await secondFactor.turnOff(tx, userId)
    await post(tx, user.email, 'second factor', letters.secondFactorChanged(false))
  })
}
