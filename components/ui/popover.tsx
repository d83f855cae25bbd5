'use client'

import { usePathname, useSearchParams } from 'next/navigation'
import { useEffect, useId, useRef, useState, type ReactNode } from 'react'
import { positionPopover } from '#components/ui/popover-position'

type PopoverProps = {
  label: ReactNode
  buttonClassName: string
  side?: 'start' | 'end'
  children: ReactNode
}

/** A button with a panel of links or fields, which closes on navigation. */
export function Popover({ label, buttonClassName, side = 'start', children }: PopoverProps) {
  const id = useId()
  const opener = useRef<HTMLButtonElement>(null)
  const panel = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)
  const address = `${usePathname()}?${useSearchParams().toString()}`
  useEffect(() => panel.current?.hidePopover(), [address])
  return (
    <>
      <button
        ref={opener}
        type="button"
        popoverTarget={id}
        aria-expanded={open}
        className={buttonClassName}
      >
        {label}
      </button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        onBeforeToggle={(event) =>
          event.newState === 'open' && positionPopover(opener.current, panel.current, { side })
        }
        onToggle={(event) => setOpen(event.newState === 'open')}
        className="enter fixed max-h-[80dvh] max-w-[calc(100vw-1rem)] min-w-56 overflow-auto rounded-lg border border-line bg-raised text-ink shadow-float"
      >
        {children}
      </div>
    </>
  )
}
