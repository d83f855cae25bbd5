'use client'

import type { Action } from '#app/_actions/action'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton, TextField } from '#components/forms/fields'
import { ButtonLink } from '#components/ui/button'
import { Notice } from '#components/ui/notice'

type Props = {
  invited: string
  hasAccount: boolean
  signedInAs: string | null
  join: Action<unknown>
  joinAsNew: Action<unknown>
  signOut: Action<unknown>
}

/** The next step depends on the visitor: the invited user, another user, or signed out. */
export function AcceptInvitation({
  invited,
  hasAccount,
  signedInAs,
  join,
  joinAsNew,
  signOut,
}: Props) {
  if (signedInAs === invited)
    return (
      <ActionForm action={join} label="Join">
        <SubmitButton size="large">Join</SubmitButton>
      </ActionForm>
    )
  if (signedInAs !== null)
    return (
      <>
        <Notice look="warn">
          This invitation is for {invited}, but you are signed in as {signedInAs}. Sign out and open
          the link again.
        </Notice>
        <ActionForm action={signOut} label="Sign out">
          <SubmitButton look="secondary" className="justify-self-start">
            Sign out
          </SubmitButton>
        </ActionForm>
      </>
    )
  if (hasAccount)
    return (
      <ButtonLink href="/sign-in?callbackUrl=/invitation" look="primary" size="large">
        Sign in to join
      </ButtonLink>
    )
  return (
    <ActionForm action={joinAsNew} label="Join">
      <TextField name="name" label="Your name" autoComplete="name" maxLength={80} />
      <TextField
        name="password"
        label="Password"
        type="password"
        autoComplete="new-password"
        hint="At least 10 characters."
      />
      <SubmitButton size="large" className="mt-1">
        Create an account and join
      </SubmitButton>
    </ActionForm>
  )
}
