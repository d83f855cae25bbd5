'use client'

import type { Action } from '#app/_actions/action'
import { ActionForm } from '#components/forms/action-form'
import { TenantButton } from '#components/forms/tenant-button'
import { SelectField, SubmitButton } from '#components/forms/fields'
import { TenantForm } from '#components/forms/tenant-form'
import { RoleOptions, roleNames } from '#components/members/role-options'
import { Confirm } from '#components/ui/confirm'
import { Button } from '#components/ui/button'
import { Dialog, DialogBody, DialogButtons } from '#components/ui/dialog'
import type { Member } from '#db/accounts/members'
import type { Role } from '#db/schema/platform'

type Props = { open: boolean; onClose: () => void; action: Action<unknown> }

export function RoleDialog({
  open,
  onClose,
  action,
  member: { userId, name, role },
  assignable,
}: Props & { member: Pick<Member, 'userId' | 'name' | 'role'>; assignable: Role[] }) {
  return (
    <Dialog open={open} onClose={onClose} title={`Role of ${name}`}>
      <DialogBody>
        <TenantForm
          action={action}
          hidden={{ userId }}
          done={`The role of ${name} is changed.`}
          onDone={onClose}
          label="Role"
        >
          <SelectField name="role" label="Role" value={role}>
            <RoleOptions roles={assignable} />
          </SelectField>
          <DialogButtons>
            <Button onClick={onClose}>Cancel</Button>
            <SubmitButton>Save</SubmitButton>
          </DialogButtons>
        </TenantForm>
      </DialogBody>
    </Dialog>
  )
}

export function RemoveConfirm({
  open,
  onClose,
  action,
  member: { userId, name },
}: Props & { member: Pick<Member, 'userId' | 'name'> }) {
  return (
    <Confirm
      open={open}
      onClose={onClose}
      title={`Remove ${name}?`}
      text={`${name} is out at once: open pages, sessions and API keys of theirs stop working here. What they did stays.`}
    >
      <TenantButton
        action={action}
        input={{ userId }}
        done={`${name} is removed.`}
        onDone={onClose}
        look="danger"
      >
        Remove
      </TenantButton>
    </Confirm>
  )
}

export function TransferConfirm({
  open,
  onClose,
  action,
  member: { userId, name, role },
  organisation,
}: Props & { member: Pick<Member, 'userId' | 'name' | 'role'>; organisation: string }) {
  return (
    <Confirm
      open={open}
      onClose={onClose}
      title={`Hand ${organisation} over?`}
      text={`${name} (${roleNames[role].toLowerCase()} until now) becomes an owner, and you become an admin.`}
    >
      <TenantButton
        action={action}
        input={{ userId }}
        done={`${name} is an owner now.`}
        onDone={onClose}
        look="primary"
      >
        Hand over
      </TenantButton>
    </Confirm>
  )
}

export function LeaveConfirm({
  open,
  onClose,
  action,
  tenant,
}: Props & { tenant: { id: string; name: string } }) {
  return (
    <Confirm
      open={open}
      onClose={onClose}
      title={`Leave ${tenant.name}?`}
      text="You lose access at once. To come back you need a new invitation."
    >
      <ActionForm
        action={action}
        hidden={{ tenantId: tenant.id }}
        label="Leave"
        className="contents"
      >
        <SubmitButton look="danger">Leave</SubmitButton>
      </ActionForm>
    </Confirm>
  )
}
