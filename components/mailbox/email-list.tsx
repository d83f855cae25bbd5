import type { Route } from 'next'
import Link from 'next/link'
import { formatDateTime, type Formats } from '#components/formats'
import { Card } from '#components/ui/card'
import { EmptyState } from '#components/ui/empty-state'

type EmailSummary = { id: string; recipient: string; subject: string | null; createdAt: Date }

export function EmailList({ emails, formats }: { emails: EmailSummary[]; formats: Formats }) {
  return (
    <Card>
      {emails.length === 0 && (
        <EmptyState title="No mail yet">
          Sign up, ask for a new password or invite somebody, and it comes here.
        </EmptyState>
      )}
      <ul className="divide-y divide-line">
        {emails.map(({ id, recipient, subject, createdAt }) => (
          <li key={id}>
            <Link
              href={`/mailbox/${id}` as Route}
              className="flex flex-wrap items-baseline justify-between gap-x-4 px-4 py-3 hover:bg-sunken sm:px-5"
            >
              <span className="font-medium">{subject ?? 'Sent and forgotten'}</span>
              <span className="text-sm text-ink-faint">{formatDateTime(createdAt, formats)}</span>
              <span className="basis-full text-sm text-ink-soft">{recipient}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  )
}
