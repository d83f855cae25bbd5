'use client'

import { useState } from 'react'
import type { Action } from '#app/_actions/action'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton, TextField } from '#components/forms/fields'
import { Card, CardBody, CardHeader } from '#components/ui/card'

export function ChangePassword({ action, email }: { action: Action<unknown>; email: string }) {
  const [round, setRound] = useState(0)
  return (
    <Card labelledBy="password">
      <CardHeader id="password" title="Password" />
      <CardBody>
        <ActionForm
          key={round}
          action={action}
          done="Your password is changed, and every other browser is signed out."
          onDone={() => setRound(round + 1)}
          label="Password"
        >
          <input
            type="email"
            autoComplete="username"
            value={email}
            readOnly
            hidden
            aria-label="E-mail address"
          />
          <TextField
            name="currentPassword"
            label="Your password until now"
            type="password"
            autoComplete="current-password"
          />
          <TextField
            name="password"
            label="New password"
            type="password"
            autoComplete="new-password"
            hint="At least 10 characters."
          />
          <SubmitButton look="secondary" className="justify-self-start">
            Change the password
          </SubmitButton>
        </ActionForm>
      </CardBody>
    </Card>
  )
}
