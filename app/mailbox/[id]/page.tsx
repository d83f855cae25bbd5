import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { isMailboxEnabled } from '#app/_http/mailbox-enabled'
import { EmailBody } from '#components/mailbox/email-body'
import { PageFrame } from '#components/page'
import { PageHeader } from '#components/ui/page-header'
import { isId } from '@rowhouse/tenancy'
import { readEmail } from '#db/mail/outbox'

export const metadata: Metadata = { title: 'Mail' }

export default async function MailboxEmailPage({ params }: PageProps<'/mailbox/[id]'>) {
  const { id } = await params
  const email = isMailboxEnabled() && isId(id) ? await readEmail(id) : undefined
  if (!email) notFound()
  return (
    <main>
      <PageFrame width="narrow">
        <PageHeader
          title={email.content.subject}
          about={`To ${email.recipient}`}
          back={{ href: '/mailbox', label: 'Mailbox' }}
        />
        <EmailBody text={email.content.text} htmlAddress={`/mailbox/${id}/html`} />
      </PageFrame>
    </main>
  )
}
