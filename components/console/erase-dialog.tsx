'use client'

import { useState } from 'react'
import type { Action } from '#app/_actions/action'
import { ActionForm } from '#components/forms/action-form'
import { ReasonField, SubmitButton, TextField } from '#components/forms/fields'
import { Button } from '#components/ui/button'
import { Dialog, DialogBody, DialogButtons } from '#components/ui/dialog'

/** Requests the erasure of a tenant, which can be cancelled for a week. Its name has to be typed. */
export function EraseDialog({
  action,
  slug,
  name,
}: {
  action: Action<unknown>
  slug: string
  name: string
}) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>
        Erase…
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={`Erase ${name}`}>
        <DialogBody>
          <p className="text-ink-soft">
            In a week all rows, members, keys, letters and export files go, with the schema, login
            or database. Until then it can be taken back here, or by an owner.
          </p>
          <ActionForm
            action={action}
            hidden={{ slug }}
            label={`Erase ${name}`}
            done={`${name} is erased in a week.`}
            onDone={() => setOpen(false)}
          >
            <TextField name="name" label={`Type ${name} to confirm`} autoComplete="off" />
            <ReasonField />
            <DialogButtons>
              <Button onClick={() => setOpen(false)}>Cancel</Button>
              <SubmitButton look="danger" wraps>
                Erase {name}
              </SubmitButton>
            </DialogButtons>
          </ActionForm>
        </DialogBody>
      </Dialog>
    </>
  )
}
