import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { formatsFor } from '#app/_format/formats'
import { EmailList } from '#components/mailbox/email-list'
import { PageFrame } from '#components/page'
import { PageHeader } from '#components/ui/page-header'
import { isMailboxEnabled } from '#app/_http/mailbox-enabled'
import { newestEmails } from '#db/mail/outbox'

export const metadata: Metadata = { title: 'Mailbox' }

export default async function MailboxPage() {
  if (!isMailboxEnabled()) notFound()
  const formats = await formatsFor({ locale: 'en-GB', currency: 'EUR' })
  return (
    <main>
      <PageFrame width="narrow">
        <PageHeader
          title="Mailbox"
          about="What this machine would have sent. It is here in development only, while no mail server is set."
        />
        <EmailList emails={await newestEmails()} formats={formats} />
      </PageFrame>
    </main>
  )
}
