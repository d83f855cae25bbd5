'use client'

import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import type { Action } from '#app/_actions/action'
import { SelectField, SubmitButton, TextField } from '#components/forms/fields'
import { TenantForm } from '#components/forms/tenant-form'
import { Button } from '#components/ui/button'
import { Dialog, DialogBody, DialogButtons } from '#components/ui/dialog'
import { RoleOptions } from '#components/members/role-options'
import type { Role } from '#db/schema/platform'

export function InviteMember({
  action,
  roles,
}: {
  action: Action<{ email: string }>
  roles: Role[]
}) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button look="primary" onClick={() => setOpen(true)}>
        <UserPlus aria-hidden /> Invite
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title="Invite somebody">
        <DialogBody>
          <TenantForm
            action={action}
            done={({ email }) => `An invitation is on its way to ${email}.`}
            onDone={() => setOpen(false)}
            label="Invite somebody"
          >
            <TextField
              name="email"
              label="E-mail address"
              type="email"
              autoComplete="off"
              hint="The invitation is for this address alone and waits seven days."
            />
            <SelectField name="role" label="Role" value="member">
              <RoleOptions roles={roles} />
            </SelectField>
            <DialogButtons>
              <Button onClick={() => setOpen(false)}>Cancel</Button>
              <SubmitButton>Send the invitation</SubmitButton>
            </DialogButtons>
          </TenantForm>
        </DialogBody>
      </Dialog>
    </>
  )
}
