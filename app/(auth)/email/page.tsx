import type { Metadata } from 'next'
import { openedEmailLink } from '#app/_session/email-link-cookie'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton } from '#components/forms/fields'
import { AuthHeading } from '#components/sign-in/auth-heading'
import { InvalidLink } from '#components/sign-in/invalid-link'
import { ButtonLink } from '#components/ui/button'
import * as links from '#db/accounts/links'
import { confirmEmailChange } from '../actions'

export const metadata: Metadata = { title: 'Your e-mail address' }

export default async function EmailPage({ searchParams }: PageProps<'/email'>) {
  const { done } = await searchParams
  if (done === 'changed' || done === 'half')
    return (
      <div className="grid gap-6">
        <AuthHeading
          title={done === 'changed' ? 'Your address is changed' : 'Thank you: one yes is missing'}
        >
          {done === 'changed'
            ? 'From now on you sign in with the new one.'
            : 'The other address got a mail as well. Once it says yes too, the address is changed.'}
        </AuthHeading>
        <ButtonLink href="/account" className="justify-self-start">
          Go to your account
        </ButtonLink>
      </div>
    )
  const opened = await openedEmailLink('old-address', 'new-address')
  const link =
    opened &&
    (await links.find(opened.kind === 'old-address' ? 'old address' : 'new address', opened.token))
  if (!link || !opened) return <InvalidLink href="/account" label="Go to your account" />
  return (
    <div className="grid gap-6">
      <AuthHeading
        title={
          opened.kind === 'old-address' ? 'Change your e-mail address?' : 'Use this e-mail address?'
        }
      >
        {opened.kind === 'old-address'
          ? `Your account leaves ${link.email}.`
          : `Your account moves to ${link.email}.`}{' '}
        It happens when both addresses have said yes.
      </AuthHeading>
      <ActionForm action={confirmEmailChange} label="Agree">
        <SubmitButton size="large">
          Yes, {opened.kind === 'old-address' ? 'change it' : 'this is mine'}
        </SubmitButton>
      </ActionForm>
    </div>
  )
}
