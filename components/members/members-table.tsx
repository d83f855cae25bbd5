import type { Action } from '#app/_actions/action'
import { formatDate, type Formats } from '#components/formats'
import { MemberMenu } from '#components/members/member-menu'
import { roleNames } from '#components/members/role-options'
import { Avatar } from '#components/ui/avatar'
import { Card } from '#components/ui/card'
import { EmailText } from '#components/ui/email-text'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { Member } from '#db/accounts/members'
import type { Role } from '#db/schema/platform'

type Props = {
  members: Member[]
  currentUserId: string
  role: Role
  formats: Formats
  assignable: Role[]
  tenant: { id: string; name: string }
  actions: Record<
    'changeRole' | 'removeMember' | 'transferOwnership' | 'leaveOrganisation',
    Action<unknown>
  >
}

export function MembersTable({
  members,
  currentUserId,
  role,
  formats,
  assignable,
  tenant,
  actions,
}: Props) {
  return (
    <Card className="overflow-hidden">
      <Table>
        <caption className="sr-only">Members</caption>
        <thead>
          <tr>
            <Th>Name</Th>
            <Th>Role</Th>
            <Th className="max-sm:hidden">Since</Th>
            <Th>
              <span className="sr-only">Actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {members.map((member) => (
            <Tr key={member.userId}>
              <Td className="max-w-0 w-full">
                <div className="flex items-center gap-3">
                  <span className="max-sm:hidden">
                    <Avatar name={member.name} />
                  </span>
                  <div className="min-w-0">
                    <p className="truncate font-medium">
                      {member.name}
                      {member.userId === currentUserId && (
                        <span className="ml-2 text-sm font-normal text-ink-faint">you</span>
                      )}
                    </p>
                    <p className="text-sm text-ink-faint max-sm:wrap-anywhere sm:truncate">
                      <EmailText>{member.email}</EmailText>
                    </p>
                  </div>
                </div>
              </Td>
              <Td>{roleNames[member.role]}</Td>
              <Td className="whitespace-nowrap text-ink-soft max-sm:hidden">
                {formatDate(member.joinedAt, formats)}
              </Td>
              <Td className="w-0 text-right">
                {(member.userId === currentUserId ||
                  (assignable.length > 0 && (member.role !== 'owner' || role === 'owner'))) && (
                  <MemberMenu
                    member={member}
                    isSelf={member.userId === currentUserId}
                    ownRole={role}
                    assignable={assignable}
                    tenant={tenant}
                    actions={actions}
                  />
                )}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Card>
  )
}
