'use server'

import { headers } from 'next/headers'
import { z } from 'zod'
import { publicAction, userAction } from '#app/_actions/action'
import { clientIp } from '#app/_http/client-ip'
import { deleteCookie, readCookie } from '#app/_session/cookies'
import { safeRedirectPath } from '#app/_http/safe-redirect-path'
import { askForCode, oauthUrl, signOut, startSession } from '#app/_session/session'
import { Invalid, NotFound } from '@rowhouse/tenancy'
import * as sessions from '#db/accounts/sessions'
import { checkCode, checkCredentials } from '#db/accounts/sign-in'
import * as tickets from '#db/accounts/tickets'

const callbackUrl = z.string().max(2000).optional()
const credentials = z.object({
  email: z
    .string()
    .trim()
    .min(1, 'Enter your e-mail address.')
    .max(254, 'Use at most 254 characters.'),
  password: z.string().min(1, 'Enter your password.').max(200, 'Use at most 200 characters.'),
  callbackUrl,
})
const code = z.object({
  code: z.string().trim().min(6, 'A code has six digits.').max(40, 'Use at most 40 characters.'),
  callbackUrl,
})

const goTo = { redirectTo: ({ to }: { to: string }) => to }

export const signInAction = publicAction(
  credentials,
  async ({ email, password, callbackUrl }) => {
    const found = await checkCredentials({
      email,
      password,
      address: clientIp(await headers()),
      device: await readCookie('device'),
    })
    if (!found) throw new Invalid('password', 'E-mail address or password is wrong.')
    const to = safeRedirectPath(callbackUrl)
    if (found.needsCode)
      return { to: `${await askForCode(found.userId)}?callbackUrl=${encodeURIComponent(to)}` }
    await startSession(found.userId)
    return { to }
  },
  goTo,
)

export const codeAction = publicAction(
  code,
  async ({ code, callbackUrl }) => {
    const userId = tickets.verify('password verified', await readCookie('pendingSignIn'))
    if (!userId)
      throw new Invalid('code', 'This sign-in has waited too long; start again with your password.')
    if (!(await checkCode(userId, code)))
      throw new Invalid('code', 'This code is not right, or it was used already.')
    await deleteCookie('pendingSignIn')
    await startSession(userId)
    return { to: safeRedirectPath(callbackUrl) }
  },
  goTo,
)

export const oauthAction = publicAction(
  z.object({ provider: z.enum(['github', 'google', 'oidc']), callbackUrl }),
  async ({ provider, callbackUrl }) => ({
    to: await oauthUrl(provider, safeRedirectPath(callbackUrl)),
  }),
  goTo,
)

export const signOutAction = userAction(
  z.object({}),
  async ({ token }) => {
    await sessions.end(token)
    await signOut({ redirect: false })
    return {}
  },
  { redirectTo: () => '/sign-in' },
)

export const switchTenantAction = userAction(
  z.object({ tenantId: z.uuid('Choose an organisation.') }),
  async ({ token }, { tenantId }) => {
    if (!(await sessions.switchTenant(token, tenantId))) throw new NotFound('this organisation')
    return {}
  },
  { redirectTo: () => '/orders' },
)
