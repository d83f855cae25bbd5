import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { readCookie } from '#app/_session/cookies'
import { safeRedirectPath } from '#app/_http/safe-redirect-path'
import { codeAction } from '#app/_actions/sign-in-actions'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton, TextField } from '#components/forms/fields'
import { AuthHeading } from '#components/sign-in/auth-heading'
import { ButtonLink } from '#components/ui/button'
import * as tickets from '#db/accounts/tickets'

export const metadata: Metadata = { title: 'Your code' }

export default async function CodePage({ searchParams }: PageProps<'/sign-in/code'>) {
  const { callbackUrl } = await searchParams
  if (!tickets.verify('password verified', await readCookie('pendingSignIn'))) redirect('/sign-in')
  return (
    <div className="grid gap-6">
      <AuthHeading title="One more step">
        Type the six digits that your authenticator app shows, or one of your recovery codes.
      </AuthHeading>
      <ActionForm
        action={codeAction}
        hidden={{
          callbackUrl: safeRedirectPath(typeof callbackUrl === 'string' ? callbackUrl : undefined),
        }}
        label="Code"
      >
        <TextField
          name="code"
          label="Code"
          autoComplete="one-time-code"
          inputMode="text"
          maxLength={40}
          autoCapitalize="none"
          spellCheck={false}
        />
        <SubmitButton size="large">Sign in</SubmitButton>
      </ActionForm>
      <ButtonLink href="/sign-in" look="quiet" className="justify-self-start">
        Start again
      </ButtonLink>
    </div>
  )
}
