'use client'

import { useState, type ReactNode } from 'react'
import type { Action } from '#app/_actions/action'
import { ActionForm } from '#components/forms/action-form'
import { ReasonField, SubmitButton } from '#components/forms/fields'
import { Button } from '#components/ui/button'
import { Dialog, DialogBody, DialogButtons } from '#components/ui/dialog'

type Props = {
  action: Action<unknown>
  hidden: Record<string, string | number>
  opener: ReactNode
  title: string
  save: string
  done?: string
  look?: 'primary' | 'danger'
  openerLook?: 'primary' | 'secondary'
  size?: 'normal' | 'small'
  needsReason?: boolean
  children: ReactNode
}

/** A button that asks for confirmation, and for a reason that goes into the audit trail. */
export function ReasonDialog({
  action,
  hidden,
  opener,
  title,
  save,
  done,
  look = 'primary',
  openerLook = 'secondary',
  size = 'normal',
  needsReason = true,
  children,
}: Props) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button look={openerLook} size={size} onClick={() => setOpen(true)}>
        {opener}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={title}>
        <DialogBody>
          <ActionForm
            action={action}
            hidden={hidden}
            label={title}
            {...(done && { done })}
            onDone={() => setOpen(false)}
          >
            <div className="text-ink-soft">{children}</div>
            {needsReason && <ReasonField />}
            <DialogButtons>
              <Button onClick={() => setOpen(false)}>Cancel</Button>
              <SubmitButton look={look}>{save}</SubmitButton>
            </DialogButtons>
          </ActionForm>
        </DialogBody>
      </Dialog>
    </>
  )
}
