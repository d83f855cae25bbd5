'use client'

import { useState } from 'react'
import type { Action } from '#app/_actions/action'
import { ActionForm } from '#components/forms/action-form'
import { SubmitButton, TextField } from '#components/forms/fields'
import { formatCount, type Formats } from '#components/formats'
import { Button } from '#components/ui/button'
import { Dialog, DialogBody, DialogButtons } from '#components/ui/dialog'

/** Requests a fleet run: canaries first, then the rest in batches. */
export function RunForm({
  action,
  behind,
  formats,
}: {
  action: Action<unknown>
  behind: number
  formats: Formats
}) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button look="primary" onClick={() => setOpen(true)}>
        Start a run…
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title="Start a fleet run">
        <DialogBody>
          <p className="text-ink-soft">
            {behind === 0
              ? 'Every target is at this build’s version; a run would find nothing to do.'
              : `${formatCount(behind, formats)} ${behind === 1 ? 'target lacks' : 'targets lack'} something. What fails stays as it was, and the rest goes on.`}
          </p>
          <ActionForm action={action} label="Start a fleet run">
            <TextField
              name="canary"
              label="Canaries"
              optional
              hint="Slugs that go first; the rest follows when they are well."
              placeholder="acme, globex"
            />
            <div className="grid gap-4 sm:grid-cols-2">
              <TextField
                name="concurrency"
                label="At a time"
                optional
                inputMode="numeric"
                hint="As many as the server bears, when left empty."
              />
              <TextField
                name="maxFailures"
                label="Stop after failures"
                optional
                inputMode="numeric"
              />
            </div>
            <DialogButtons>
              <Button onClick={() => setOpen(false)}>Cancel</Button>
              <SubmitButton>Start</SubmitButton>
            </DialogButtons>
          </ActionForm>
        </DialogBody>
      </Dialog>
    </>
  )
}
