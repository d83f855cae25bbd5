import type { Metadata } from 'next'
import { openedEmailLink } from '#app/_session/email-link-cookie'
import { AuthHeading } from '#components/sign-in/auth-heading'
import { InvalidLink } from '#components/sign-in/invalid-link'
import { PasswordForm } from '#components/sign-in/password-form'
import * as links from '#db/accounts/links'
import { resetPassword } from '../../actions'

export const metadata: Metadata = { title: 'Choose a new password' }

export default async function NewPasswordPage() {
  const opened = await openedEmailLink('reset')
  const link = opened && (await links.find('reset', opened.token))
  if (!link) return <InvalidLink href="/reset" label="Ask for a new link" />
  return (
    <div className="grid gap-6">
      <AuthHeading title="Choose a new password">
        For {link.email}. You will be signed out everywhere.
      </AuthHeading>
      <PasswordForm action={resetPassword} email={link.email} button="Set the new password" />
    </div>
  )
}
