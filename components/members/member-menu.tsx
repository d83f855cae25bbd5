'use client'

import { Crown, Ellipsis, LogOut, UserMinus, UsersRound } from 'lucide-react'
import { useState } from 'react'
import type { Action } from '#app/action'
import { ActionForm } from '#components/forms/action-form'
import { TenantButton } from '#components/forms/tenant-button'
import { SelectField, SubmitButton } from '#components/forms/fields'
import { TenantForm } from '#components/forms/tenant-form'
import { RoleOptions, roleNames } from '#components/members/role-options'
import { Confirm } from '#components/ui/confirm'
import { button, Button } from '#components/ui/button'
import { Dialog, DialogBody, DialogButtons } from '#components/ui/dialog'
import { Menu, MenuItem } from '#components/ui/menu'
import type { Member } from '#db/accounts/members'
import type { Role } from '#db/schema/platform'

type Props = {
  member: Member
  self: boolean
  mine: Role
  give: Role[]
  tenant: { id: string; name: string }
  actions: Record<'changeRole' | 'removeMember' | 'handOver' | 'leaveOrganisation', Action<unknown>>
}
type Open = 'role' | 'remove' | 'hand over' | 'leave' | null

export function MemberMenu({
  member: { userId, name, role },
  self,
  mine,
  give,
  tenant,
  actions,
}: Props) {
  const [open, setOpen] = useState<Open>(null)
  const close = () => setOpen(null)
  return (
    <>
      <Menu
        name={`Actions for ${name}`}
        side="end"
        buttonClassName={button({ look: 'quiet', size: 'small icon' })}
        label={<Ellipsis aria-hidden />}
      >
        {give.length > 0 && (
          <MenuItem onClick={() => setOpen('role')}>
            <UsersRound aria-hidden /> Change role…
          </MenuItem>
        )}
        {mine === 'owner' && !self && (
          <MenuItem onClick={() => setOpen('hand over')}>
            <Crown aria-hidden /> Hand over to {name}…
          </MenuItem>
        )}
        <MenuItem onClick={() => setOpen(self ? 'leave' : 'remove')}>
          {self ? (
            <>
              <LogOut aria-hidden /> Leave {tenant.name}…
            </>
          ) : (
            <>
              <UserMinus aria-hidden /> Remove…
            </>
          )}
        </MenuItem>
      </Menu>
      <Dialog open={open === 'role'} onClose={close} title={`Role of ${name}`}>
        <DialogBody>
          <TenantForm
            action={actions.changeRole}
            hidden={{ userId }}
            done={`The role of ${name} is changed.`}
            onDone={close}
            label="Role"
          >
            <SelectField name="role" label="Role" value={role}>
              <RoleOptions roles={give} />
            </SelectField>
            <DialogButtons>
              <Button onClick={close}>Cancel</Button>
              <SubmitButton>Save</SubmitButton>
            </DialogButtons>
          </TenantForm>
        </DialogBody>
      </Dialog>
      <Confirm
        open={open === 'remove'}
        onClose={close}
        title={`Remove ${name}?`}
        text={`${name} is out at once: open pages, sessions and API keys of theirs stop working here. What they did stays.`}
      >
        <TenantButton
          action={actions.removeMember}
          input={{ userId }}
          done={`${name} is removed.`}
          onDone={close}
          look="danger"
        >
          Remove
        </TenantButton>
      </Confirm>
      <Confirm
        open={open === 'hand over'}
        onClose={close}
        title={`Hand ${tenant.name} over?`}
        text={`${name} (${roleNames[role].toLowerCase()} until now) becomes an owner, and you become an admin.`}
      >
        <TenantButton
          action={actions.handOver}
          input={{ userId }}
          done={`${name} is an owner now.`}
          onDone={close}
          look="primary"
        >
          Hand over
        </TenantButton>
      </Confirm>
      <Confirm
        open={open === 'leave'}
        onClose={close}
        title={`Leave ${tenant.name}?`}
        text="You lose access at once. To come back you need a new invitation."
      >
        <ActionForm
          action={actions.leaveOrganisation}
          hidden={{ tenantId: tenant.id }}
          label="Leave"
          className="contents"
        >
          <SubmitButton look="danger">Leave</SubmitButton>
        </ActionForm>
      </Confirm>
    </>
  )
}
