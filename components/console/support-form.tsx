'use client'

import { LifeBuoy } from 'lucide-react'
import { useState } from 'react'
import type { Action } from '#app/_actions/action'
import { ActionForm } from '#components/forms/action-form'
import { SelectField, SubmitButton, ReasonField } from '#components/forms/fields'
import { Button } from '#components/ui/button'
import { Dialog, DialogBody, DialogButtons } from '#components/ui/dialog'

export function SupportForm({
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
      <Button onClick={() => setOpen(true)}>
        <LifeBuoy aria-hidden /> Enter as support…
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={`Enter ${name} as support`}>
        <DialogBody>
          <p className="text-ink-soft">
            You see what a viewer sees, and change nothing. The audit trail keeps each look; {name}{' '}
            finds your visit and its reason in its own activity.
          </p>
          <ActionForm action={action} hidden={{ slug }} label={`Enter ${name} as support`}>
            <ReasonField hint="The tenant sees it too." />
            <SelectField name="minutes" label="For how long" value="30">
              {[15, 30, 60, 120].map((minutes) => (
                <option key={minutes} value={minutes}>
                  {minutes} minutes
                </option>
              ))}
            </SelectField>
            <DialogButtons>
              <Button onClick={() => setOpen(false)}>Cancel</Button>
              <SubmitButton>Enter</SubmitButton>
            </DialogButtons>
          </ActionForm>
        </DialogBody>
      </Dialog>
    </>
  )
}
