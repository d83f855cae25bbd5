import type { Metadata } from 'next'
import { requireUser } from '#app/_session/session'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton, TextField } from '#components/forms/fields'
import { AuthHeading } from '#components/sign-in/auth-heading'
import { ButtonLink } from '#components/ui/button'
import { createOrganisation } from '../actions'

export const metadata: Metadata = { title: 'New organisation' }

export default async function NewOrganisationPage() {
  const { tenant } = await requireUser()
  return (
    <div className="grid gap-6">
      <AuthHeading title="New organisation">
        A house of its own: its orders, customers and members are kept apart from all others.
      </AuthHeading>
      <ActionForm action={createOrganisation} label="New organisation">
        <TextField name="name" label="Name" autoComplete="organization" maxLength={80} />
        <SubmitButton size="large">Create it</SubmitButton>
      </ActionForm>
      <ButtonLink
        href={tenant ? '/orders' : '/welcome'}
        look="quiet"
        className="justify-self-start"
      >
        Back
      </ButtonLink>
    </div>
  )
}
