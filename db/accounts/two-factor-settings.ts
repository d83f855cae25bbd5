import * as templates from '#db/mail/templates'
import { queueEmail } from '#db/mail/outbox'
import { confirmPassword } from '#db/accounts/password-change'
import { platform } from '#db/tenancy'
import * as secondFactor from '#db/accounts/second-factor'

// Changes that a signed-in user makes to their two-factor sign-in. Each one needs the password or a
// code, and turning it on or off is reported by email.

/**
 * Creates a secret, which takes effect when its first code is confirmed.
 *
 * @throws Invalid, TooManyAttempts
 */
export async function startSetup(userId: string, password: string): Promise<void> {
  await confirmPassword(userId, password)
  await secondFactor.startSetup(userId)
}

/**
 * Turns two-factor sign-in on with the first code.
 *
 * @returns The recovery codes, which can be shown only now.
 * @throws Invalid
 */
export async function confirmSetup(
  user: { id: string; email: string },
  code: string,
): Promise<string[]> {
  return platform().transaction(async (tx) => {
    const codes = await secondFactor.confirmSetup(tx, user.id, code.replace(/\s/g, ''))
    await queueEmail(tx, {
      to: user.email,
      kind: 'second factor',
      content: templates.secondFactorChanged(true),
    })
    return codes
  })
}

/**
 * Replaces all recovery codes.
 *
 * @returns The new codes, which can be shown only now.
 * @throws Invalid, TooManyAttempts
 */
export async function replaceRecoveryCodes(userId: string, password: string): Promise<string[]> {
  await confirmPassword(userId, password)
  return platform().transaction((tx) => secondFactor.replaceRecoveryCodes(tx, userId))
}

/**
 * Turns two-factor sign-in off.
 *
 * @throws Invalid, TooManyAttempts
 */
export async function turnOff(userId: string, password: string): Promise<void> {
  const user = await confirmPassword(userId, password)
  await platform().transaction(async (tx) => {
    await secondFactor.turnOff(tx, userId)
    await queueEmail(tx, {
      to: user.email,
      kind: 'second factor',
      content: templates.secondFactorChanged(false),
    })
  })
}
