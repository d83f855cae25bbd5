'use client'

import { clsx } from 'clsx'
import Link from 'next/link'
import {
  useId,
  useRef,
  useState,
  type ComponentProps,
  type KeyboardEvent,
  type ReactNode,
  type ToggleEvent,
} from 'react'
import { positionPopover } from '#components/ui/popover-position'

type MenuProps = {
  label: ReactNode
  name?: string
  buttonClassName: string
  side?: 'start' | 'end'
  above?: boolean
  children: ReactNode
}

/** A button with a menu. The browser's popover closes it on Escape and on a click outside it. */
export function Menu({
  label,
  name,
  buttonClassName,
  side = 'start',
  above = false,
  children,
}: MenuProps) {
  const id = useId()
  const opener = useRef<HTMLButtonElement>(null)
  const menu = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)

  function onToggle(event: ToggleEvent<HTMLDivElement>) {
    const opened = event.newState === 'open'
    setOpen(opened)
    if (opened) items(menu.current)[0]?.focus()
    else if (menu.current?.contains(document.activeElement)) opener.current?.focus()
  }

  return (
    <>
      <button
        ref={opener}
        type="button"
        popoverTarget={id}
        aria-haspopup="menu"
        aria-expanded={open}
        className={buttonClassName}
      >
        {name && <span className="sr-only">{name}</span>}
        {label}
      </button>
      <div
        ref={menu}
        id={id}
        popover="auto"
        role="menu"
        tabIndex={-1}
        onBeforeToggle={(event) =>
          event.newState === 'open' &&
          positionPopover(opener.current, menu.current, { side, above })
        }
        onToggle={onToggle}
        onKeyDown={(event) => moveFocus(event, menu.current)}
        onClick={(event) =>
          event.target instanceof Element &&
          event.target.closest('[role^=menuitem]') &&
          menu.current?.hidePopover()
        }
        className="enter fixed max-h-[70dvh] min-w-52 overflow-auto rounded-lg border border-line bg-raised p-1 text-ink shadow-float"
      >
        {children}
      </div>
    </>
  )
}

const items = (menu: HTMLElement | null) => [
  ...(menu?.querySelectorAll<HTMLElement>('[role^=menuitem]:not([disabled])') ?? []),
]

function moveFocus(event: KeyboardEvent, menu: HTMLElement | null) {
  if (event.key === 'Tab') menu?.hidePopover()
  const target = itemFor(event.key, items(menu))
  if (!target) return
  event.preventDefault()
  target.focus()
}

/** The item that a key moves to: by arrow, to an end, or by the first letter of its text. */
function itemFor(key: string, all: HTMLElement[]): HTMLElement | undefined {
  const here = all.findIndex((item) => item === document.activeElement)
  switch (key) {
    case 'ArrowDown':
      return all[(here + 1) % all.length]
    case 'ArrowUp':
      return all.at((here <= 0 ? all.length : here) - 1)
    case 'Home':
      return all[0]
    case 'End':
      return all.at(-1)
  }
  if (key.length !== 1) return undefined
  const fromNext = [...all.slice(here + 1), ...all.slice(0, here + 1)]
  return fromNext.find((item) =>
    item.textContent.trim().toLowerCase().startsWith(key.toLowerCase()),
  )
}

const item =
  'flex w-full items-center gap-2.5 rounded-md px-2.5 py-2 text-left text-sm outline-offset-[-2px] hover:bg-sunken focus:bg-sunken disabled:opacity-50 [&_svg]:size-4 [&_svg]:text-ink-faint'

export function MenuItem({ className, children, ...rest }: ComponentProps<'button'>) {
  return (
    <button type="button" role="menuitem" tabIndex={-1} className={clsx(item, className)} {...rest}>
      {children}
    </button>
  )
}

export function MenuLink({ className, ...rest }: ComponentProps<typeof Link>) {
  return <Link role="menuitem" tabIndex={-1} className={clsx(item, className)} {...rest} />
}

export function MenuChoice({
  chosen,
  className,
  children,
  ...rest
}: ComponentProps<'button'> & { chosen: boolean }) {
  return (
    <button
      type="button"
      role="menuitemradio"
      aria-checked={chosen}
      tabIndex={-1}
      className={clsx(item, chosen && 'font-medium', className)}
      {...rest}
    >
      {children}
    </button>
  )
}

export function MenuHeading({ children }: { children: ReactNode }) {
  return (
    <p role="presentation" className="px-2.5 pt-2 pb-1 text-xs font-medium text-ink-faint">
      {children}
    </p>
  )
}

export function MenuLine() {
  return <hr className="mx-1 my-1 border-line" />
}
