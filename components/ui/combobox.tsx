'use client'

import { clsx } from 'clsx'
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { Input } from '#components/ui/input'

export type Option = { value: string; label: string; hint?: string }

type ComboboxProps<O extends Option> = {
  id?: string
  name: string
  label?: string
  placeholder: string
  chosen: O | null
  onChoose: (option: O | null, typed: string) => void
  search: (words: string, signal: AbortSignal) => Promise<O[]>
  /** Offers to make what was typed. */
  onCreate?: (typed: string) => void
  /** The list stands below for good, not over what follows. */
  inline?: boolean
  invalid?: boolean
  describedBy?: string | undefined
}

const patienceMs = 120

/** An input that finds what is typed into it. The value goes with the form in a hidden input. */
export function Combobox<O extends Option>({
  id,
  name,
  label,
  placeholder,
  chosen,
  onChoose,
  search,
  onCreate,
  inline = false,
  invalid,
  describedBy,
}: ComboboxProps<O>) {
  const listId = useId()
  const [words, setWords] = useState<string | null>(null)
  const [found, setFound] = useState<{ words: string; options: O[] } | null>(null)
  const [at, setAt] = useState(0)
  const [open, setOpen] = useState(inline)
  const enterWaits = useRef(false)
  const typed = words ?? chosen?.label ?? ''
  const answered = found?.words === (words ?? '')
  const options = found?.options ?? []
  const create = onCreate && answered && typed.trim() !== '' ? 1 : 0
  const rows = options.length + create

  useEffect(() => {
    if (!open) return
    const controller = new AbortController()
    const timer = setTimeout(() => {
      search(words ?? '', controller.signal).then(
        (options) => {
          setFound({ words: words ?? '', options })
          setAt(0)
          // Enter came before the answer: it meant the first one
          if (enterWaits.current && options[0]) choose(options[0])
          enterWaits.current = false
        },
        () => {},
      )
    }, patienceMs)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
    // the search is the same function for the life of the form
  }, [open, words]) // eslint-disable-line react-hooks/exhaustive-deps

  function choose(option: O | undefined) {
    if (option) onChoose(option, option.label)
    else if (create) onCreate?.(typed.trim())
    setWords(null)
    setOpen(inline)
  }

  /** The focus stays in the input, so the browser does not bring the row into sight by itself. */
  function goTo(row: number) {
    setAt(row)
    document.getElementById(`${listId}-${row}`)?.scrollIntoView({ block: 'nearest' })
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (!open) setOpen(true)
      else goTo((at + (event.key === 'ArrowDown' ? 1 : rows - 1)) % Math.max(1, rows))
    } else if (event.key === 'Enter' && open) {
      event.preventDefault()
      if (!answered) enterWaits.current = true
      else if (rows > 0) choose(options[at])
    } else if (event.key === 'Escape' && open && !inline) {
      event.preventDefault()
      setOpen(false)
    }
  }

  const panel = inline
    ? 'mt-2 max-h-80 overflow-auto'
    : 'enter absolute top-full right-0 left-0 z-30 mt-1 max-h-72 min-w-64 overflow-auto rounded-lg border border-line bg-raised p-1 shadow-float'
  return (
    <div className="relative">
      <input
        type="hidden"
        name={name}
        value={words === null || words === chosen?.label ? (chosen?.value ?? '') : ''}
      />
      <Input
        id={id}
        role="combobox"
        aria-label={label}
        aria-expanded={open && rows > 0}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={open && rows > 0 ? `${listId}-${at}` : undefined}
        aria-invalid={invalid || undefined}
        aria-describedby={describedBy}
        autoComplete="off"
        placeholder={placeholder}
        value={typed}
        onChange={(event) => {
          setWords(event.target.value)
          setOpen(true)
          if (chosen) onChoose(null, event.target.value)
        }}
        onFocus={(event) => event.target.select()}
        onClick={() => setOpen(true)}
        onBlur={() => {
          setOpen(inline)
          if (
            !inline &&
            words !== null &&
            options.length > 0 &&
            options[0]?.label.toLowerCase() === words.trim().toLowerCase()
          )
            choose(options[0])
        }}
        onKeyDown={onKeyDown}
      />
      <div
        id={listId}
        role="listbox"
        tabIndex={-1}
        aria-label={label ?? placeholder}
        hidden={!open || rows === 0}
        onMouseDown={(event) => event.preventDefault()}
        className={panel}
      >
        {options.map((option, i) => (
          <Row
            key={option.value}
            id={`${listId}-${i}`}
            current={i === at}
            onPick={() => choose(option)}
            onEnter={() => setAt(i)}
          >
            <span className="block truncate">{option.label}</span>
            {option.hint && (
              <span className="block truncate text-xs text-ink-faint">{option.hint}</span>
            )}
          </Row>
        ))}
        {create === 1 && (
          <Row
            id={`${listId}-${options.length}`}
            current={at === options.length}
            onPick={() => choose(undefined)}
            onEnter={() => setAt(options.length)}
          >
            <span className="text-accent">Create “{typed.trim()}”</span>
          </Row>
        )}
      </div>
      {open && answered && rows === 0 && typed.trim() !== '' && (
        <div role="status" className={panel}>
          <p className="px-2.5 py-1.5 text-sm text-ink-soft">Nothing fits.</p>
        </div>
      )}
    </div>
  )
}

function Row({
  id,
  current,
  onPick,
  onEnter,
  children,
}: {
  id: string
  current: boolean
  onPick: () => void
  onEnter: () => void
  children: ReactNode
}) {
  return (
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={current}
      onPointerUp={onPick}
      onMouseMove={onEnter}
      className={clsx('cursor-pointer rounded-md px-2.5 py-1.5 text-sm', current && 'bg-sunken')}
    >
      {children}
    </div>
  )
}
