import * as letters from '#db/mail/letters'
import { post } from '#db/mail/outbox'
import { confirmPassword } from '#db/accounts/password-change'
import { platform } from '#db/registry'
import * as secondFactor from '#db/accounts/second-factor'

// What a signed-in user does about their second factor. Each change is told to their mailbox, and takes the password first.

export async function start(userId: string, password: string): Promise<void> {
  await confirmPassword(userId, password)
  await secondFactor.prepare(userId)
}

/** Turns it on with the first code. Returns the recovery codes, to be shown once. Throws Invalid. */
export async function confirm(user: { id: string; email: string }, code: string): Promise<string[]> {
  const codes = await secondFactor.confirm(user.id, code.replace(/\s/g, ''))
  await post(platform(), user.email, 'second factor', letters.secondFactorChanged(true))
  return codes
}

export async function renewCodes(userId: string, password: string): Promise<string[]> {
  await confirmPassword(userId, password)
  return platform().transaction((tx) => secondFactor.newRecoveryCodes(tx, userId))
}

export async function end(userId: string, password: string): Promise<void> {
  const user = await confirmPassword(userId, password)
  await platform().transaction(async (tx) => {
    await secondFactor.turnOff(tx, userId)
    await post(tx, user.email, 'second factor', letters.secondFactorChanged(false))
  })
}
