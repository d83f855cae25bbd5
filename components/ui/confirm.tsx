'use client'

import type { ReactNode } from 'react'
import { Button } from '#components/ui/button'
import { Dialog, DialogBody, DialogButtons } from '#components/ui/dialog'

/** A confirmation dialog. The child is the button or form that acts. */
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
