'use server'

import { z } from 'zod'
import { publicAction, userAction } from '#app/action'
import { localPath } from '#app/local-path'
import { signIn, SignInRefused, signOut } from '#app/session'
import { Invalid, NotFound, TooManyAttempts } from '#db/errors'
import * as sessions from '#db/sessions'

const credentials = z.object({
  email: z.string().trim().min(1, 'Enter your e-mail address.').max(254, 'Use at most 254 characters.'),
  password: z.string().min(1, 'Enter your password.').max(200, 'Use at most 200 characters.'),
  callbackUrl: z.string().max(2000).optional(),
})

export const signInAction = publicAction(credentials, async ({ email, password, callbackUrl }) => {
  try {
    await signIn('credentials', { email, password, redirect: false })
  } catch (error) {
    if (!(error instanceof SignInRefused)) throw error
    const [, seconds] = /^wait-(\d+)$/.exec(error.code) ?? []
    if (seconds) throw new TooManyAttempts(Number(seconds))
    throw new Invalid('password', 'E-mail address or password is wrong.')
  }
  return { to: localPath(callbackUrl) }
}, { then: ({ to }) => to })

export const signOutAction = userAction(z.object({}), async ({ token }) => {
  await sessions.end(token)
  await signOut({ redirect: false })
  return {}
}, { then: () => '/sign-in' })

export const switchTenantAction = userAction(z.object({ tenantId: z.uuid('Choose an organisation.') }), async ({ token }, { tenantId }) => {
  if (!(await sessions.switchTenant(token, tenantId))) throw new NotFound('this organisation')
  return {}
}, { then: () => '/orders' })
