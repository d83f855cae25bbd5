'use server'

import { headers } from 'next/headers'
import { z } from 'zod'
import { userAction } from '#app/_actions/action'
import { clientIp } from '#app/_http/client-ip'
import { id, plainName, requiredText } from '#app/_actions/field-schemas'
import * as emailChange from '#db/accounts/email-change'
import { NotFound } from '@rowhouse/tenancy'
import { countEmail } from '#db/mail/limits'
import * as twoFactor from '#db/accounts/two-factor-settings'
import * as passwordChange from '#db/accounts/password-change'
import { platform } from '#db/tenancy'
import * as sessions from '#db/accounts/sessions'
import * as users from '#db/accounts/users'

const currentPassword = z
  .string()
  .min(1, 'Enter your password.')
  .max(200, 'Use at most 200 characters.')
const password = z.string().min(1, 'Choose a password.').max(200, 'Use at most 200 characters.')

export const renameUser = userAction(
  z.object({ name: plainName('Enter your name.') }),
  async ({ user }, { name }) => {
    await users.rename(platform(), user.id, name)
    return {}
  },
)

export const changePassword = userAction(
  z.object({ currentPassword, password }),
  async ({ id, user }, input) => {
    await passwordChange.change(
      { userId: user.id, sessionId: id },
      input.currentPassword,
      input.password,
    )
    return {}
  },
)

export const changeEmail = userAction(
  z.object({ email: requiredText(254, 'Enter an e-mail address.'), currentPassword }),
  async ({ user }, input) => {
    await countEmail(input.email, clientIp(await headers()))
    await emailChange.request(user.id, input.email, input.currentPassword)
    return {}
  },
)

export const cancelEmailChange = userAction(z.object({}), async ({ user }) => {
  await emailChange.cancel(user.id)
  return {}
})

export const endSession = userAction(
  z.object({ id: id('This session does not exist.') }),
  async ({ user }, input) => {
    if (!(await sessions.endOne(user.id, input.id))) throw new NotFound('this session')
    return {}
  },
)

export const endOtherSessions = userAction(z.object({}), async ({ id, user }) => ({
  ended: await sessions.endOthers(user.id, id),
}))

export const prepareTwoFactor = userAction(
  z.object({ currentPassword }),
  async ({ user }, input) => {
    await twoFactor.startSetup(user.id, input.currentPassword)
    return {}
  },
)

/** Returns the recovery codes, which are shown only now. */
export const confirmTwoFactor = userAction(
  z.object({ code: requiredText(10, 'Type the six digits.') }),
  async ({ user }, { code }) => ({ codes: await twoFactor.confirmSetup(user, code) }),
)

export const regenerateRecoveryCodes = userAction(
  z.object({ currentPassword }),
  async ({ user }, input) => ({
    codes: await twoFactor.replaceRecoveryCodes(user.id, input.currentPassword),
  }),
)

export const disableTwoFactor = userAction(
  z.object({ currentPassword }),
  async ({ user }, input) => {
    await twoFactor.turnOff(user.id, input.currentPassword)
    return {}
  },
)
