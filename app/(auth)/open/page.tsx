import type { Metadata } from 'next'
import { AuthHeading } from '#components/sign-in/auth-heading'
import { OpenLink } from '#components/sign-in/open-link'
import { openLink } from '../actions'

export const metadata: Metadata = { title: 'Opening your link', referrer: 'no-referrer' }

export default function OpenPage() {
  return (
    <div className="grid gap-6">
      <AuthHeading title="Opening your link">One moment.</AuthHeading>
      <OpenLink action={openLink} />
      <noscript>
        <p>
          This step needs JavaScript: the secret of your link is kept out of the address that our
          server sees.
        </p>
      </noscript>
    </div>
  )
}
