'use client'

import Link from 'next/link'
import type { Action } from '#app/_actions/action'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton, TextField } from '#components/forms/fields'

export function SignInForm({
  action,
  callbackUrl,
}: {
  action: Action<unknown>
  callbackUrl: string
}) {
  return (
    <ActionForm action={action} hidden={{ callbackUrl }} label="Sign in" className="grid gap-4">
      <TextField name="email" label="E-mail address" type="email" autoComplete="username" />
      <TextField name="password" label="Password" type="password" autoComplete="current-password" />
      <SubmitButton size="large" className="mt-1">
        Sign in
      </SubmitButton>
      <Link
        href="/reset"
        className="justify-self-start text-sm text-ink-soft underline underline-offset-4 hover:text-ink"
      >
        Forgot your password?
      </Link>
    </ActionForm>
  )
}
