import { env } from '#db/env'
import type { EmailContent } from '#db/mail/render'

// The secret is in the fragment, which browsers do not send, so that it appears in no log or referrer.
const linkUrl = (kind: string, token: string) =>
  `${new URL('/open', env().APP_URL).href}#${kind}.${token}`
const page = (path: string) => new URL(path, env().APP_URL).href
const typedHere =
  'Somebody typed your address at Rowhouse. If it was not you, do nothing: nothing happens.'
const yourAccount = 'You get this because it concerns your account at Rowhouse.'

type EmailTemplate<A extends unknown[]> = (...values: A) => EmailContent

export const signUp: EmailTemplate<[token: string]> = (token) => ({
  subject: 'Finish your sign-up',
  paragraphs: [
    'Hello,',
    'one step is left: choose a password, and your organisation is ready. The link works once, within a day.',
  ],
  link: { label: 'Choose a password', url: linkUrl('sign-up', token) },
  reason: typedHere,
})

export const accountExists: EmailTemplate<[]> = () => ({
  subject: 'You have an account already',
  paragraphs: [
    'Hello,',
    'somebody, probably you, wanted to sign up with this address. It has an account already. Sign in, or ask for a new password there.',
  ],
  link: { label: 'Sign in', url: page('/sign-in') },
  reason: typedHere,
})

export const reset: EmailTemplate<[token: string]> = (token) => ({
  subject: 'Choose a new password',
  paragraphs: [
    'Hello,',
    'with this link you choose a new password. It works once, within an hour, and signs you out everywhere.',
  ],
  link: { label: 'Choose a new password', url: linkUrl('reset', token) },
  reason: typedHere,
})

export const noAccount: EmailTemplate<[]> = () => ({
  subject: 'There is no account with this address',
  paragraphs: [
    'Hello,',
    'somebody, probably you, asked for a new password, but this address has no account. Perhaps you signed up with another one.',
  ],
  link: { label: 'Sign up', url: page('/sign-up') },
  reason: typedHere,
})

export const passwordChanged: EmailTemplate<[]> = () => ({
  subject: 'Your password was changed',
  paragraphs: [
    'Hello,',
    'the password of your account was changed just now, and every other browser was signed out. If it was not you, take your account back:',
  ],
  link: { label: 'Choose a new password', url: page('/reset') },
  reason: yourAccount,
})

export const oldAddress: EmailTemplate<[newEmail: string, token: string]> = (newEmail, token) => ({
  subject: 'Do you want to change your e-mail address?',
  paragraphs: [
    'Hello,',
    `your account is to move to ${newEmail}. Say yes here and in the mail that went there. If it was not you, do nothing and change your password.`,
  ],
  link: { label: 'Yes, change it', url: linkUrl('old-address', token) },
  reason: yourAccount,
})

export const newAddress: EmailTemplate<[name: string, token: string]> = (name, token) => ({
  subject: 'Is this your e-mail address?',
  paragraphs: [
    'Hello,',
    `${name} wants to use this address at Rowhouse. Say yes here and in the mail that went to the address until now.`,
  ],
  link: { label: 'Yes, this is mine', url: linkUrl('new-address', token) },
  reason: typedHere,
})

export const addressChanged: EmailTemplate<[newEmail: string]> = (newEmail) => ({
  subject: 'Your e-mail address was changed',
  paragraphs: [
    'Hello,',
    `your account at Rowhouse belongs to ${newEmail} from now on. This address no longer signs in.`,
  ],
  reason: yourAccount,
})

export const secondFactorChanged: EmailTemplate<[on: boolean]> = (on) => ({
  subject: on ? 'Two-factor sign-in is on' : 'Two-factor sign-in is off',
  paragraphs: [
    'Hello,',
    on
      ? 'from now on a code of your app is asked for when you sign in.'
      : 'from now on your password is enough to sign in. If it was not you, take your account back:',
  ],
  ...(!on && { link: { label: 'Choose a new password', url: page('/reset') } }),
  reason: yourAccount,
})

export const invitation: EmailTemplate<
  [inviter: string, tenant: string, role: string, token: string]
> = (inviter, tenant, role, token) => ({
  subject: `${inviter} invites you to ${tenant}`,
  paragraphs: [
    'Hello,',
    `${inviter} invites you to work with ${tenant} at Rowhouse, as ${role}. The link works once, within seven days.`,
  ],
  link: { label: `Join ${tenant}`, url: linkUrl('invitation', token) },
  reason: 'You get this because somebody typed your address. If you do not know them, do nothing.',
})
