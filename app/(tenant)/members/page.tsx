import type { Metadata } from 'next'
import { tenantPage } from '#app/_session/tenant-page'
import { InviteMember } from '#components/members/invite-member'
import { Invitations } from '#components/members/invitations'
import { MembersTable } from '#components/members/members-table'
import { RoleDescriptions } from '#components/members/role-descriptions'
import { Page } from '#components/page'
import { PageHeader } from '#components/ui/page-header'
import * as invitations from '#db/accounts/invitations'
import { assignableRoles } from '#db/accounts/member-roles'
import * as members from '#db/accounts/members'
import {
  changeRole,
  transferOwnership,
  inviteMember,
  leaveOrganisation,
  removeMember,
  resendInvitation,
  revokeInvitation,
} from './actions'

export const metadata: Metadata = { title: 'Members' }

export default async function MembersPage() {
  const { tenant, user, scope, formats, db, may } = await tenantPage()
  // in a tenant transaction, so that a removed member does not even see this list
  const [all, waiting] = await db(() =>
    Promise.all([members.list(tenant.id), may('members:write') ? invitations.list(tenant.id) : []]),
  )
  const assignable = assignableRoles(tenant.role)
  return (
    <Page scope={scope} width="normal">
      <PageHeader
        title="Members"
        beside={<span className="text-ink-faint tabular-nums">{all.length}</span>}
        about="Who works in this organisation, and what each of them may do."
      >
        {may('members:write') && <InviteMember action={inviteMember} roles={assignable} />}
      </PageHeader>
      <MembersTable
        members={all}
        currentUserId={user.id}
        role={tenant.role}
        formats={formats}
        assignable={assignable}
        actions={{ changeRole, transferOwnership, leaveOrganisation, removeMember }}
        tenant={tenant}
      />
      {waiting.length > 0 && (
        <Invitations
          invitations={waiting}
          formats={formats}
          resend={resendInvitation}
          revoke={revokeInvitation}
        />
      )}
      <RoleDescriptions />
    </Page>
  )
}
