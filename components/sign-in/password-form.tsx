'use client'

import type { Action } from '#app/_actions/action'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton, TextField } from '#components/forms/fields'

/** The hidden address tells password managers which account the password belongs to. */
export function PasswordForm({
  action,
  email,
  button,
}: {
  action: Action<unknown>
  email: string
  button: string
}) {
  return (
    <div>
      <ActionForm action={action} label={button}>
        <TextField
          name="password"
          label="Password"
          type="password"
          autoComplete="new-password"
          hint="At least 10 characters. Some words in a row are easier to keep in mind than signs."
        />
        <SubmitButton size="large" className="mt-1">
          {button}
        </SubmitButton>
      </ActionForm>
      <input
        type="email"
        autoComplete="username"
        value={email}
        readOnly
        hidden
        aria-label="E-mail address"
      />
    </div>
  )
}
