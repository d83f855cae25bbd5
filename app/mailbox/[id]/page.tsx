import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { isMailboxEnabled } from '#app/_http/mailbox-enabled'
import { MailText } from '#components/mailbox/mail-text'
import { PageFrame } from '#components/page'
import { PageHeader } from '#components/ui/page-header'
import { isId } from '@rowhouse/tenancy'
import { readEmail } from '#db/mail/outbox'

export const metadata: Metadata = { title: 'Mail' }

export default async function MailPage({ params }: PageProps<'/mailbox/[id]'>) {
  const { id } = await params
  const mail = isMailboxEnabled() && isId(id) ? await readEmail(id) : undefined
  if (!mail) notFound()
  return (
    <main>
      <PageFrame width="narrow">
        <PageHeader
          title={mail.content.subject}
          about={`To ${mail.recipient}`}
          back={{ href: '/mailbox', label: 'Mailbox' }}
        />
        <MailText text={mail.content.text} htmlAddress={`/mailbox/${id}/html`} />
      </PageFrame>
    </main>
  )
}
