import type { Metadata } from 'next'
import { requireUser } from '#app/_session/session'
import { ChangeEmail } from '#components/account/change-email'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton, TextField } from '#components/forms/fields'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import * as emailChange from '#db/accounts/email-change'
import { changeEmail, cancelEmailChange, renameUser } from './actions'

export const metadata: Metadata = { title: 'Your account' }

export default async function AccountPage() {
  const { user } = await requireUser()
  const pending = await emailChange.pending(user.id)
  return (
    <>
      <Card labelledBy="name">
        <CardHeader id="name" title="Your name" />
        <CardBody>
          <ActionForm action={renameUser} done="Your name is saved." label="Name">
            <TextField
              name="name"
              label="Name"
              value={user.name}
              autoComplete="name"
              maxLength={80}
              hint="As the others in your organisations see you."
            />
            <SubmitButton look="secondary" className="justify-self-start">
              Save
            </SubmitButton>
          </ActionForm>
        </CardBody>
      </Card>
      <ChangeEmail
        email={user.email}
        pending={
          pending
            ? {
                email: pending.email,
                oldConfirmed: pending.oldConfirmedAt !== null,
                newConfirmed: pending.newConfirmedAt !== null,
              }
            : null
        }
        change={changeEmail}
        cancel={cancelEmailChange}
      />
    </>
  )
}
