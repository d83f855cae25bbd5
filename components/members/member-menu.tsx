'use client'

import { Crown, Ellipsis, LogOut, UserMinus, UsersRound } from 'lucide-react'
import { useState } from 'react'
import type { Action } from '#app/_actions/action'
import {
  HandOverConfirm,
  LeaveConfirm,
  RemoveConfirm,
  RoleDialog,
} from '#components/members/member-dialogs'
import { button } from '#components/ui/button'
import { Menu, MenuItem } from '#components/ui/menu'
import type { Member } from '#db/accounts/members'
import type { Role } from '#db/schema/platform'

type Props = {
  member: Member
  self: boolean
  mine: Role
  give: Role[]
  tenant: { id: string; name: string }
  actions: Record<
    'changeRole' | 'removeMember' | 'transferOwnership' | 'leaveOrganisation',
    Action<unknown>
  >
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
      <RoleDialog
        open={open === 'role'}
        onClose={close}
        action={actions.changeRole}
        member={{ userId, name, role }}
        give={give}
      />
      <RemoveConfirm
        open={open === 'remove'}
        onClose={close}
        action={actions.removeMember}
        member={{ userId, name }}
      />
      <HandOverConfirm
        open={open === 'hand over'}
        onClose={close}
        action={actions.transferOwnership}
        member={{ userId, name, role }}
        organisation={tenant.name}
      />
      <LeaveConfirm
        open={open === 'leave'}
        onClose={close}
        action={actions.leaveOrganisation}
        tenant={tenant}
      />
    </>
  )
}
