'use client'

import { useRouter } from 'next/navigation'
import { useState, type ReactNode } from 'react'
import type { Action } from '#app/_actions/action'
import { SubmitButton } from '#components/forms/fields'
import { TenantForm } from '#components/forms/tenant-form'
import { Button } from '#components/ui/button'
import { Dialog, DialogBody, DialogButtons } from '#components/ui/dialog'
import type { Route } from 'next'

type NamedRecord = { id: string; name: string }
type Props = {
  opener: ReactNode
  look?: 'primary' | 'secondary'
  title: string
  save: string
  done: string
  action: Action<NamedRecord>
  hidden?: Record<string, string | number>
  goTo?: Route
  children: ReactNode
}

/**
 * A button that opens a form in a dialog. With `goTo`, success leads to the new record's page below
 * that path.
 */
export function FormDialog({
  opener,
  look = 'secondary',
  title,
  save,
  done,
  action,
  hidden,
  goTo,
  children,
}: Props) {
  const [open, setOpen] = useState(false)
  const router = useRouter()
  return (
    <>
      <Button look={look} onClick={() => setOpen(true)}>
        {opener}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={title}>
        <DialogBody>
          <TenantForm
            action={action}
            {...(hidden && { hidden })}
            label={title}
            done={({ name }) => `${name} ${done}`}
            onDone={({ id }) => {
              setOpen(false)
              if (goTo) router.push(`${goTo}/${id}` as Route)
            }}
          >
            {children}
            <DialogButtons>
              <Button onClick={() => setOpen(false)}>Cancel</Button>
              <SubmitButton>{save}</SubmitButton>
            </DialogButtons>
          </TenantForm>
        </DialogBody>
      </Dialog>
    </>
  )
}
