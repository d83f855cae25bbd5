'use client'

import type { Action } from '#app/_actions/action'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton } from '#components/forms/fields'

/** A button for each configured provider. */
export function OAuthButtons({
  action,
  providers,
  callbackUrl,
}: {
  action: Action<unknown>
  providers: { id: string; name: string }[]
  callbackUrl: string
}) {
  if (providers.length === 0) return null
  return (
    <div className="grid gap-3">
      <p className="mb-2 flex items-center gap-3 text-xs text-ink-faint before:h-px before:grow before:bg-line after:h-px after:grow after:bg-line">
        or
      </p>
      {providers.map(({ id, name }) => (
        <ActionForm key={id} action={action} hidden={{ provider: id, callbackUrl }} label={name}>
          <SubmitButton look="secondary" size="large">
            Continue with {name}
          </SubmitButton>
        </ActionForm>
      ))}
    </div>
  )
}
