'use client'

import { Check, Hourglass } from 'lucide-react'
import type { Action } from '#app/_actions/action'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton, TextField } from '#components/forms/fields'
import { Card, CardBody, CardHeader } from '#components/ui/card'

type Props = {
  email: string
  pending: { email: string; oldConfirmed: boolean; newConfirmed: boolean } | null
  change: Action<unknown>
  cancel: Action<unknown>
}

export function ChangeEmail({ email, pending, change, cancel }: Props) {
  return (
    <Card labelledBy="email">
      <CardHeader id="email" title="E-mail address" />
      <CardBody className="grid gap-4">
        <p className="text-ink-soft">
          You sign in with <strong className="font-medium break-all text-ink">{email}</strong>.
        </p>
        {pending ? (
          <>
            <p className="text-ink-soft">
              It changes to{' '}
              <strong className="font-medium break-all text-ink">{pending.email}</strong> when both
              addresses have said yes:
            </p>
            <ul className="grid gap-1.5">
              <AddressState confirmed={pending.oldConfirmed}>{email}</AddressState>
              <AddressState confirmed={pending.newConfirmed}>{pending.email}</AddressState>
            </ul>
            <ActionForm
              action={cancel}
              done="Your address stays as it is."
              label="Keep the address"
            >
              <SubmitButton look="secondary" className="justify-self-start">
                Keep the address I have
              </SubmitButton>
            </ActionForm>
          </>
        ) : (
          <ActionForm
            action={change}
            done="Two mails are on their way: one to each address."
            label="E-mail address"
          >
            <TextField name="email" label="New address" type="email" autoComplete="off" />
            <TextField
              name="currentPassword"
              label="Your password"
              type="password"
              autoComplete="current-password"
            />
            <SubmitButton look="secondary" className="justify-self-start">
              Change the address
            </SubmitButton>
          </ActionForm>
        )}
      </CardBody>
    </Card>
  )
}

function AddressState({ confirmed, children }: { confirmed: boolean; children: string }) {
  return (
    <li className="flex items-center gap-2 [&_svg]:size-4 [&_svg]:shrink-0">
      {confirmed ? (
        <Check aria-hidden className="text-accent" />
      ) : (
        <Hourglass aria-hidden className="text-ink-faint" />
      )}
      <span className="break-all">{children}</span>
      <span className="text-sm whitespace-nowrap text-ink-faint">
        {confirmed ? 'said yes' : 'has a mail'}
      </span>
    </li>
  )
}
