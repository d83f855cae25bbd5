'use client'

import type { Action } from '#app/_actions/action'
import { SubmitButton, TextField } from '#components/forms/fields'
import { TenantForm } from '#components/forms/tenant-form'

export function EraseForm({
  name,
  held,
  action,
}: {
  name: string
  held: boolean
  action: Action<unknown>
}) {
  return (
    <TenantForm
      action={action}
      label="Erase the organisation"
      done={`${name} is erased in a week, unless you stop it.`}
      className="grid max-w-sm gap-4"
    >
      <TextField name="name" label={`Type ${name} to confirm`} autoComplete="off" disabled={held} />
      <div>
        <SubmitButton look="danger" wraps disabled={held}>
          Erase {name}
        </SubmitButton>
      </div>
    </TenantForm>
  )
}
