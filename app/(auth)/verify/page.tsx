import type { Metadata } from 'next'
import { openedEmailLink } from '#app/_session/email-link-cookie'
import { AuthHeading } from '#components/sign-in/auth-heading'
import { InvalidLink } from '#components/sign-in/invalid-link'
import { PasswordForm } from '#components/sign-in/password-form'
import * as links from '#db/accounts/links'
import { completeSignUp } from '../actions'

export const metadata: Metadata = { title: 'Choose a password' }

export default async function VerifyPage() {
  const opened = await openedEmailLink('sign-up')
  const link = opened && (await links.find('sign-up', opened.token))
  if (!link) return <InvalidLink href="/sign-up" label="Sign up again" />
  return (
    <div className="grid gap-6">
      <AuthHeading title={`Welcome, ${link.detail.name ?? link.email}`}>
        Your address {link.email} is confirmed. Choose a password, and{' '}
        {link.detail.organisation ?? 'your organisation'} is ready.
      </AuthHeading>
      <PasswordForm action={completeSignUp} email={link.email} button="Create my account" />
    </div>
  )
}
