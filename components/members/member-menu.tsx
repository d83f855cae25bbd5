'use client'

import { Crown, Ellipsis, LogOut, UserMinus, UsersRound } from 'lucide-react'
import { useState } from 'react'
import type { Action } from '#app/_actions/action'
import {
  TransferConfirm,
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
  isSelf: boolean
  ownRole: Role
  assignable: Role[]
  tenant: { id: string; name: string }
  actions: Record<
    'changeRole' | 'removeMember' | 'transferOwnership' | 'leaveOrganisation',
    Action<unknown>
  >
}
type OpenDialog = 'role' | 'remove' | 'transfer' | 'leave' | null

export function MemberMenu({
  member: { userId, name, role },
  isSelf,
  ownRole,
  assignable,
  tenant,
  actions,
}: Props) {
  const [open, setOpen] = useState<OpenDialog>(null)
  return (
    <>
      <Menu
        name={`Actions for ${name}`}
        side="end"
        buttonClassName={button({ look: 'quiet', size: 'small icon' })}
        label={<Ellipsis aria-hidden />}
      >
        {assignable.length > 0 && (
          <MenuItem onClick={() => setOpen('role')}>
            <UsersRound aria-hidden /> Change role…
          </MenuItem>
        )}
        {ownRole === 'owner' && !isSelf && (
          <MenuItem onClick={() => setOpen('transfer')}>
            <Crown aria-hidden /> Hand over to {name}…
          </MenuItem>
        )}
        <MenuItem onClick={() => setOpen(isSelf ? 'leave' : 'remove')}>
          {isSelf ? (
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
      <MemberDialogs
        member={{ userId, name, role }}
        open={open}
        onClose={() => setOpen(null)}
        assignable={assignable}
        tenant={tenant}
        actions={actions}
      />
    </>
  )
}

function MemberDialogs({
  member,
  open,
  onClose,
  assignable,
  tenant,
  actions,
}: Pick<Props, 'assignable' | 'tenant' | 'actions'> & {
  member: Pick<Member, 'userId' | 'name' | 'role'>
  open: OpenDialog
  onClose: () => void
}) {
  return (
    <>
      <RoleDialog
        open={open === 'role'}
        onClose={onClose}
        action={actions.changeRole}
        member={member}
        assignable={assignable}
      />
      <RemoveConfirm
        open={open === 'remove'}
        onClose={onClose}
        action={actions.removeMember}
        member={member}
      />
      <TransferConfirm
        open={open === 'transfer'}
        onClose={onClose}
        action={actions.transferOwnership}
        member={member}
        organisation={tenant.name}
      />
      <LeaveConfirm
        open={open === 'leave'}
        onClose={onClose}
        action={actions.leaveOrganisation}
        tenant={tenant}
      />
    </>
  )
}
