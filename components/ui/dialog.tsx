'use client'

import { clsx } from 'clsx'
import { X } from 'lucide-react'
import { useEffect, useId, useRef, type ReactNode } from 'react'
import { Button } from '#components/ui/button'

const shapes = {
  palette: 'mx-auto mt-[12dvh] w-[calc(100%-1.5rem)] max-w-xl rounded-xl',
  sheet: 'mt-auto mb-0 w-full max-w-full rounded-t-xl sm:m-auto sm:max-w-lg sm:rounded-xl',
}

type DialogProps = {
  open: boolean
  onClose: () => void
  title: string
  shape?: keyof typeof shapes
  children: ReactNode
}

/**
 * The native modal dialog, which traps the focus, closes on Escape and restores the focus. A click
 * next to it closes the palette only: in other dialogs it would discard what was typed, or a key that
 * is shown once.
 */
export function Dialog({ open, onClose, title, shape = 'sheet', children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    if (open && !dialog.current?.open) {
      dialog.current?.showModal()
      dialog.current
        ?.querySelector<HTMLElement>('input:not([type=hidden]), textarea, select')
        ?.focus()
    }
    if (!open) dialog.current?.close()
  }, [open])
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={onClose}
      {...{ closedby: shape === 'palette' ? 'any' : 'closerequest' }}
      className={clsx(
        'max-h-[90dvh] overflow-auto border border-line bg-panel text-ink shadow-float open:enter',
        shapes[shape],
      )}
    >
      {open && (
        <>
          <header
            className={clsx(
              'flex items-center justify-between gap-4 pt-4 pr-3 pl-5',
              shape === 'palette' && 'sr-only',
            )}
          >
            <h2 id={id} className="min-w-0 text-lg font-semibold tracking-tight wrap-anywhere">
              {title}
            </h2>
            <Button look="quiet" size="small icon" onClick={onClose}>
              <X aria-hidden />
              <span className="sr-only">Close</span>
            </Button>
          </header>
          {children}
        </>
      )}
    </dialog>
  )
}

export function DialogBody({ children }: { children: ReactNode }) {
  return <div className="grid gap-4 px-5 pt-3 pb-5">{children}</div>
}

export function DialogButtons({ children }: { children: ReactNode }) {
  return <div className="mt-1 flex flex-wrap justify-end gap-2">{children}</div>
}
