import type { Metadata } from 'next'
import Link from 'next/link'
import { redirect } from 'next/navigation'
import { providerNames } from '#app/_session/oauth-providers'
import { auth } from '#app/_session/session'
import { oauthAction } from '#app/_actions/sign-in-actions'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton, TextField } from '#components/forms/fields'
import { AuthHeading } from '#components/sign-in/auth-heading'
import { OAuthButtons } from '#components/sign-in/oauth-buttons'
import { requestSignUp } from '../actions'

export const metadata: Metadata = { title: 'Create an account' }

export default async function SignUpPage() {
  if (await auth()) redirect('/orders')
  return (
    <div className="grid gap-6">
      <AuthHeading title="Create an account">
        Have one already?{' '}
        <Link href="/sign-in" className="font-medium text-accent underline underline-offset-4">
          Sign in
        </Link>
      </AuthHeading>
      <ActionForm action={requestSignUp} label="Create an account">
        <TextField name="name" label="Your name" autoComplete="name" maxLength={80} />
        <TextField name="email" label="E-mail address" type="email" autoComplete="email" />
        <TextField
          name="organisation"
          label="Organisation"
          autoComplete="organization"
          maxLength={80}
          hint="You can invite the others later."
        />
        <SubmitButton size="large" className="mt-1">
          Send me the link
        </SubmitButton>
      </ActionForm>
      <OAuthButtons action={oauthAction} providers={providerNames()} callbackUrl="/orders" />
    </div>
  )
}
