import type { Metadata } from 'next'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton, TextField } from '#components/forms/fields'
import { AuthHeading } from '#components/sign-in/auth-heading'
import { ButtonLink } from '#components/ui/button'
import { requestPasswordReset } from '../actions'

export const metadata: Metadata = { title: 'Forgot your password?' }

export default function ResetPage() {
  return (
    <div className="grid gap-6">
      <AuthHeading title="Forgot your password?">
        We send you a link to choose a new one.
      </AuthHeading>
      <ActionForm action={requestPasswordReset} label="Forgot your password?">
        <TextField name="email" label="E-mail address" type="email" autoComplete="username" />
        <SubmitButton size="large" className="mt-1">
          Send me the link
        </SubmitButton>
      </ActionForm>
      <ButtonLink href="/sign-in" look="quiet" className="justify-self-start">
        Back to sign in
      </ButtonLink>
    </div>
  )
}
