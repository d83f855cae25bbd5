'use client'

import type { ReactNode } from 'react'
import { Button } from '#components/ui/button'
import { Dialog, DialogBody, DialogButtons } from '#components/ui/dialog'

/** A question before something that cannot be taken back; the form that does it is the child. */
export function Confirm({
  open,
  onClose,
  title,
  text,
  children,
}: {
  open: boolean
  onClose: () => void
  title: string
  text: string
  children: ReactNode
}) {
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <DialogBody>
        <p className="text-ink-soft">{text}</p>
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          {children}
        </DialogButtons>
      </DialogBody>
    </Dialog>
  )
}
