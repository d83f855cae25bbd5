import type { Route } from 'next'
import { AuthHeading } from '#components/sign-in/auth-heading'
import { ButtonLink } from '#components/ui/button'

export function InvalidLink({ href, label }: { href: Route; label: string }) {
  return (
    <div className="grid gap-6">
      <AuthHeading title="This link no longer works">
        It was used already, was replaced by a newer one, or is too old.
      </AuthHeading>
      <ButtonLink href={href} look="primary" className="justify-self-start">
        {label}
      </ButtonLink>
    </div>
  )
}
