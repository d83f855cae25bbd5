'use client'

import { ShieldCheck } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { Action } from '#app/_actions/action'
import { RecoveryCodes } from '#components/account/recovery-codes'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton, TextField } from '#components/forms/fields'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { CopyText } from '#components/ui/copy-text'

type CodesAction = Action<{ codes: string[] }>
type Props = {
  on: boolean
  left: number
  secret: string | null
  qrCode: ReactNode
  prepare: Action<unknown>
  confirm: CodesAction
  renew: CodesAction
  turnOff: Action<unknown>
}

export function TwoFactor({ on, left, secret, qrCode, prepare, confirm, renew, turnOff }: Props) {
  const [codes, setCodes] = useState<string[] | null>(null)
  return (
    <Card labelledBy="two-factor">
      <CardHeader id="two-factor" title="Two-factor sign-in">
        {on && (
          <span className="flex items-center gap-1.5 text-sm font-medium text-accent">
            <ShieldCheck aria-hidden className="size-4" /> On
          </span>
        )}
      </CardHeader>
      <CardBody className="grid gap-4">
        {codes ? (
          <RecoveryCodes codes={codes} onDone={() => setCodes(null)} />
        ) : on ? (
          <On left={left} renew={renew} turnOff={turnOff} onCodes={setCodes} />
        ) : secret ? (
          <Setup secret={secret} qrCode={qrCode} confirm={confirm} onCodes={setCodes} />
        ) : (
          <Off prepare={prepare} />
        )}
      </CardBody>
    </Card>
  )
}

function Off({ prepare }: { prepare: Action<unknown> }) {
  return (
    <>
      <p className="max-w-prose text-ink-soft">
        With it, a stolen password alone opens nothing: your authenticator app adds a code that
        changes every half minute.
      </p>
      <ActionForm action={prepare} label="Set up">
        <TextField
          name="currentPassword"
          label="Your password"
          type="password"
          autoComplete="current-password"
        />
        <SubmitButton look="secondary" className="justify-self-start">
          Set it up
        </SubmitButton>
      </ActionForm>
    </>
  )
}

function Setup({
  secret,
  qrCode,
  confirm,
  onCodes,
}: {
  secret: string
  qrCode: ReactNode
  confirm: CodesAction
  onCodes: (codes: string[]) => void
}) {
  return (
    <div className="grid gap-5 sm:grid-cols-[auto_1fr]">
      {qrCode}
      <div className="grid content-start gap-4">
        <p className="text-ink-soft">
          Take a picture of the square with your authenticator app, or type this secret into it:
        </p>
        <CopyText text={secret} label="Secret" />
        <ActionForm action={confirm} onDone={({ codes }) => onCodes(codes)} label="First code">
          <TextField
            name="code"
            label="The code that the app shows"
            autoComplete="one-time-code"
            inputMode="numeric"
            maxLength={8}
          />
          <SubmitButton className="justify-self-start">Turn it on</SubmitButton>
        </ActionForm>
      </div>
    </div>
  )
}

function On({
  left,
  renew,
  turnOff,
  onCodes,
}: {
  left: number
  renew: CodesAction
  turnOff: Action<unknown>
  onCodes: (codes: string[]) => void
}) {
  return (
    <>
      <p className="max-w-prose text-ink-soft">
        A code of your app is asked for when you sign in. {left} of your recovery codes{' '}
        {left === 1 ? 'is' : 'are'} left.
      </p>
      <div className="grid gap-4 sm:grid-cols-2">
        <ActionForm
          action={renew}
          onDone={({ codes }) => onCodes(codes)}
          label="New recovery codes"
        >
          <TextField
            name="currentPassword"
            label="Your password"
            type="password"
            autoComplete="current-password"
          />
          <SubmitButton look="secondary" className="justify-self-start">
            New recovery codes
          </SubmitButton>
        </ActionForm>
        <ActionForm action={turnOff} done="Two-factor sign-in is off." label="Turn off">
          <TextField
            name="currentPassword"
            label="Your password"
            type="password"
            autoComplete="current-password"
          />
          <SubmitButton look="danger" className="justify-self-start">
            Turn it off
          </SubmitButton>
        </ActionForm>
      </div>
    </>
  )
}
