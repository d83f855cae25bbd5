import { Laptop, Smartphone } from 'lucide-react'
import type { Action } from '#app/_actions/action'
import { deviceName, isPhone } from '#components/account/device-name'
import { formatDateTime, type Formats } from '#components/formats'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton } from '#components/forms/fields'
import { Card, CardHeader } from '#components/ui/card'
import type { OpenSession } from '#db/accounts/sessions'

type Props = {
  sessions: OpenSession[]
  current: string
  formats: Formats
  end: Action<unknown>
  endOthers: Action<{ ended: number }>
}

export function ActiveSessions({ sessions, current, formats, end, endOthers }: Props) {
  return (
    <Card labelledBy="sessions">
      <CardHeader id="sessions" title="Where you are signed in">
        {sessions.length > 1 && (
          <ActionForm
            action={endOthers}
            done="Every other browser is signed out."
            label="Sign out everywhere else"
            className="contents"
          >
            <SubmitButton look="secondary" size="small">
              Sign out everywhere else
            </SubmitButton>
          </ActionForm>
        )}
      </CardHeader>
      <ul>
        {sessions.map(({ id, device, address, usedAt, createdAt }) => {
          const Icon = isPhone(device) ? Smartphone : Laptop
          return (
            <li
              key={id}
              className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line px-4 py-3 sm:px-5"
            >
              <Icon aria-hidden className="size-4 text-ink-faint max-sm:hidden" />
              <div className="min-w-0 grow basis-44">
                <p className="font-medium">
                  {deviceName(device)}
                  {id === current && (
                    <span className="ml-2 text-sm font-normal text-accent">this one</span>
                  )}
                </p>
                <p className="text-sm text-ink-faint">
                  <span className="inline-block">Last used {formatDateTime(usedAt, formats)},</span>{' '}
                  <span className="inline-block">
                    signed in {formatDateTime(createdAt, formats)}
                    {address && `, from ${address}`}
                  </span>
                </p>
              </div>
              {id !== current && (
                <ActionForm
                  action={end}
                  hidden={{ id }}
                  done="That browser is signed out."
                  label={`Sign out ${deviceName(device)}`}
                  className="contents"
                >
                  <SubmitButton look="secondary" size="small">
                    Sign out
                  </SubmitButton>
                </ActionForm>
              )}
            </li>
          )
        })}
      </ul>
    </Card>
  )
}
