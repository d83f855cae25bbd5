import { Mail } from 'lucide-react'
import type { Action } from '#app/_actions/action'
import { formatDateTime, type Formats } from '#components/formats'
import { TenantButton } from '#components/forms/tenant-button'
import { roleNames } from '#components/members/role-options'
import { Card, CardHeader } from '#components/ui/card'
import type { Invitation } from '#db/accounts/invitations'

type Props = {
  invitations: Invitation[]
  formats: Formats
  resend: Action<unknown>
  revoke: Action<unknown>
}

export function Invitations({ invitations, formats, resend, revoke }: Props) {
  return (
    <Card labelledBy="invitations">
      <CardHeader id="invitations" title="Invitations that wait" />
      <ul>
        {invitations.map(({ id, email, role, sentAt, expiresAt, expired, invitedBy }) => (
          <li
            key={id}
            className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line px-4 py-2.5 sm:px-5"
          >
            <Mail aria-hidden className="size-4 text-ink-faint max-sm:hidden" />
            <div className="min-w-0 grow basis-52">
              <p className="truncate font-medium">{email}</p>
              <p className="text-sm text-ink-faint">
                {roleNames[role]}, {expired ? 'ran out' : 'sent'}{' '}
                {formatDateTime(expired ? expiresAt : sentAt, formats)}
                {invitedBy && ` by ${invitedBy}`}
              </p>
            </div>
            <TenantButton
              action={resend}
              input={{ id }}
              done={`Sent to ${email} again.`}
              size="small"
            >
              Send again
              <span className="sr-only">: {email}</span>
            </TenantButton>
            <TenantButton
              action={revoke}
              input={{ id }}
              done={`The invitation of ${email} is taken back.`}
              look="quiet"
              size="small"
            >
              Take back
              <span className="sr-only">: {email}</span>
            </TenantButton>
          </li>
        ))}
      </ul>
    </Card>
  )
}
