import type { Metadata } from 'next'
import { openedEmailLink } from '#app/_session/email-link-cookie'
import { auth } from '#app/_session/session'
import { signOutAction } from '#app/_actions/sign-in-actions'
import { TenantMark } from '#components/shell/facade'
import { AcceptInvitation } from '#components/sign-in/accept-invitation'
import { AuthHeading } from '#components/sign-in/auth-heading'
import { InvalidLink } from '#components/sign-in/invalid-link'
import * as invitations from '#db/accounts/invitations'
import { acceptInvitation, acceptInvitationAsNewUser } from '../actions'

export const metadata: Metadata = { title: 'Invitation' }

export default async function InvitationPage() {
  const opened = await openedEmailLink('invitation')
  const invitation = opened && (await invitations.find(opened.token))
  if (!invitation) return <InvalidLink href="/sign-in" label="Sign in" />
  const session = await auth()
  return (
    <div className="grid gap-6">
      <TenantMark tenantId={invitation.tenantId} className="h-14 w-10" />
      <AuthHeading title={`Join ${invitation.tenant}`}>
        {invitation.invitedBy ?? 'Somebody'} invites {invitation.email} to join as{' '}
        <strong className="font-medium text-ink">{invitation.role}</strong>.
      </AuthHeading>
      <AcceptInvitation
        invited={invitation.email}
        hasAccount={invitation.hasAccount}
        signedInAs={session?.user.email ?? null}
        join={acceptInvitation}
        joinAsNew={acceptInvitationAsNewUser}
        signOut={signOutAction}
      />
    </div>
  )
}
