'use server'

import { headers } from 'next/headers'
import { z } from 'zod'
import { publicAction, userAction } from '#app/_actions/action'
import { clientIp } from '#app/_http/client-ip'
import { deleteCookie, setCookie } from '#app/_session/cookies'
import { plainName, requiredText } from '#app/_actions/field-schemas'
import { emailLinkPages, openedEmailLink, type EmailLink } from '#app/_session/email-link-cookie'
import { rememberBrowser, startSession } from '#app/_session/session'
import * as emailChange from '#db/accounts/email-change'
import { LinkInvalid } from '#db/errors'
import * as invitations from '#db/accounts/invitations'
import { countEmail } from '#db/mail/limits'
import * as passwordChange from '#db/accounts/password-change'
import { platform } from '#db/tenancy'
import * as sessions from '#db/accounts/sessions'
import * as signUp from '#db/accounts/sign-up'
import { countAttempt, type AttemptPolicy } from '#db/accounts/throttle'

const email = requiredText(254, 'Enter your e-mail address.')
const password = z.string().min(1, 'Choose a password.').max(200, 'Use at most 200 characters.')
const personName = plainName('Enter your name.')
const tenantName = plainName('Enter a name.')
const hour = 3600
const newTenants: AttemptPolicy = {
  name: 'organisations made by a user',
  freeAttempts: 10,
  firstDelay: 60,
  maxDelay: 24 * hour,
  resetAfter: 24 * hour,
}

const linkKinds = Object.keys(emailLinkPages) as [EmailLink, ...EmailLink[]]

/**
 * Moves the token of an email link from the address bar into an HttpOnly cookie, where neither
 * scripts nor logs see it. The token stays valid.
 */
export const openLink = publicAction(
  z.object({ kind: z.enum(linkKinds), token: z.string().regex(/^[\w-]{43}$/) }),
  async ({ kind, token }) => {
    await setCookie('link', `${kind}.${token}`, hour)
    return { kind }
  },
  { redirectTo: ({ kind }) => emailLinkPages[kind] },
)

export const requestSignUp = publicAction(
  z.object({ name: personName, email, organisation: tenantName }),
  async (input) => {
    await countEmail(input.email, clientIp(await headers()))
    await signUp.request(input)
    return {}
  },
  { redirectTo: () => '/sent' },
)

export const completeSignUp = publicAction(
  z.object({ password }),
  async ({ password }) => {
    const userId = await signUp.finish(await secretOf('sign-up'), password)
    await deleteCookie('link')
    await startSession(userId)
    return {}
  },
  { redirectTo: () => '/orders' },
)

export const requestPasswordReset = publicAction(
  z.object({ email }),
  async ({ email }) => {
    await countEmail(email, clientIp(await headers()))
    await passwordChange.requestReset(email)
    return {}
  },
  { redirectTo: () => '/sent' },
)

export const resetPassword = publicAction(
  z.object({ password }),
  async ({ password }) => {
    await rememberBrowser(await passwordChange.reset(await secretOf('reset'), password))
    await deleteCookie('link')
    return {}
  },
  { redirectTo: () => '/sign-in?done=reset' },
)

export const confirmEmailChange = publicAction(
  z.object({}),
  async () => {
    const link = await openedEmailLink('old-address', 'new-address')
    if (!link) throw new LinkInvalid()
    const changed = await emailChange.confirm(
      link.kind === 'old-address' ? 'old address' : 'new address',
      link.token,
    )
    await deleteCookie('link')
    return { changed: changed !== undefined }
  },
  { redirectTo: ({ changed }) => `/email?done=${changed ? 'changed' : 'half'}` },
)

export const acceptInvitationAsNewUser = publicAction(
  z.object({ name: personName, password }),
  async (input) => {
    const { userId } = await invitations.acceptAsNew(await secretOf('invitation'), input)
    await deleteCookie('link')
    await startSession(userId)
    return {}
  },
  { redirectTo: () => '/orders' },
)

export const acceptInvitation = userAction(
  z.object({}),
  async ({ token, user }) => {
    const tenantId = await invitations.accept(await secretOf('invitation'), user)
    await deleteCookie('link')
    await sessions.switchTenant(token, tenantId)
    return {}
  },
  { redirectTo: () => '/orders' },
)

export const createOrganisation = userAction(
  z.object({ name: tenantName }),
  async ({ token, user }, { name }) => {
    await countAttempt(newTenants, user.id)
    const { id } = await platform().transaction((tx) => signUp.startTenant(tx, user.id, name))
    await sessions.switchTenant(token, id)
    return {}
  },
  { redirectTo: () => '/orders' },
)

async function secretOf(kind: EmailLink): Promise<string> {
  const link = await openedEmailLink(kind)
  if (!link) throw new LinkInvalid()
  return link.token
}
