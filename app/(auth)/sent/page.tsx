import { MailCheck } from 'lucide-react'
import type { Metadata } from 'next'
import { AuthHeading } from '#components/sign-in/auth-heading'
import { ButtonLink } from '#components/ui/button'

export const metadata: Metadata = { title: 'Look into your mail' }

export default function SentPage() {
  return (
    <div className="grid gap-6">
      <MailCheck aria-hidden className="size-9 text-accent" strokeWidth={1.5} />
      <AuthHeading title="Look into your mail">
        We sent a mail to the address you typed; it says how to go on. If nothing comes within a few
        minutes, look into the folder for unwanted mail, or check for a typing mistake.
      </AuthHeading>
      <div className="flex flex-wrap gap-2">
        {process.env.NODE_ENV !== 'production' && (
          <ButtonLink href="/mailbox" look="primary">
            Open the mailbox of this machine
          </ButtonLink>
        )}
        <ButtonLink href="/sign-in">Back to sign in</ButtonLink>
      </div>
    </div>
  )
}
