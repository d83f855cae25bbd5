'use client'

import { useId, useState, type ChangeEvent, type KeyboardEvent } from 'react'
import { Input } from '#components/ui/input'
import { isComposing } from '#components/ui/is-composing'
import { Listbox, optionId } from '#components/ui/listbox'
import { useOptionSearch } from '#components/ui/use-option-search'

export type Option = { value: string; label: string; hint?: string }

type ComboboxProps<O extends Option> = {
  id?: string
  name: string
  label?: string
  placeholder: string
  chosen: O | null
  /** Gets null as soon as the text is no longer that of an option. */
  onChoose: (option: O | null, typed: string) => void
  search: (words: string, signal: AbortSignal) => Promise<O[]>
  /** Adds an option that creates a record with the typed name. */
  onCreate?: (typed: string) => void
  /** The list is always open, and part of the page instead of floating above it. */
  inline?: boolean
  invalid?: boolean
  describedBy?: string | undefined
}

const inlinePanel = 'mt-2 max-h-80 overflow-auto'
const floatingPanel =
  'enter absolute top-full right-0 left-0 z-30 mt-1 max-h-72 min-w-64 overflow-auto rounded-lg border border-line bg-raised p-1 shadow-float'

/** A text input with a list of matching options. A hidden input submits the chosen value. */
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
  const box = useCombobox({ listId, chosen, onChoose, search, onCreate, inline })
  const panel = inline ? inlinePanel : floatingPanel
  return (
    <div className="relative">
      <input type="hidden" name={name} value={box.value} />
      <Input
        id={id}
        role="combobox"
        aria-label={label}
        aria-expanded={box.expanded}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={box.expanded ? optionId(listId, box.activeIndex) : undefined}
        aria-invalid={invalid || undefined}
        aria-describedby={describedBy}
        autoComplete="off"
        placeholder={placeholder}
        onFocus={(event) => event.target.select()}
        {...box.inputProps}
      />
      <Listbox
        id={listId}
        label={label ?? placeholder}
        hidden={!box.expanded}
        className={panel}
        options={box.options}
        activeIndex={box.activeIndex}
        onActivate={box.setActiveIndex}
        onPick={box.choose}
        createText={box.createText}
      />
      {box.status && (
        <div role="status" className={panel}>
          <p className="px-2.5 py-1.5 text-sm text-ink-soft">{box.status}</p>
        </div>
      )}
    </div>
  )
}

const failedText = 'The search failed. Type again to retry.'

type ComboboxState<O extends Option> = Pick<ComboboxProps<O>, 'chosen' | 'onChoose' | 'search'> & {
  listId: string
  onCreate: ((typed: string) => void) | undefined
  inline: boolean
}

function useCombobox<O extends Option>(props: ComboboxState<O>) {
  const { listId, chosen, onChoose, search, onCreate, inline } = props
  const [query, setQuery] = useState<string | null>(null)
  const [activeIndex, setActiveIndex] = useState(0)
  const [open, setOpen] = useState(inline)
  const { options, isCurrent, failed, pickFirstResult } = useOptionSearch({
    query,
    open,
    search,
    onResults: () => setActiveIndex(0),
    onPick: choose,
  })
  const text = query ?? chosen?.label ?? ''
  const typed = text.trim()
  const createText = onCreate && isCurrent && typed !== '' ? typed : null
  const rows = options.length + (createText === null ? 0 : 1)

  const nothingFits = isCurrent && rows === 0 && typed !== ''
  const status = failed ? failedText : nothingFits && 'Nothing fits.'

  function choose(option: O | undefined) {
    if (option) onChoose(option, option.label)
    else if (createText !== null) onCreate?.(createText)
    setQuery(null)
    setOpen(inline)
  }

  function onChange(event: ChangeEvent<HTMLInputElement>) {
    setQuery(event.target.value)
    setOpen(true)
    onChoose(null, event.target.value)
  }

  function onBlur() {
    setOpen(inline)
    const [first] = options
    if (!inline && query !== null && first?.label.toLowerCase() === query.trim().toLowerCase())
      choose(first)
  }

  /** The focus stays in the input, so the browser does not scroll to the option by itself. */
  function activate(index: number) {
    setActiveIndex(index)
    document.getElementById(optionId(listId, index))?.scrollIntoView({ block: 'nearest' })
  }

  const onKeyDown = keyHandler({
    open,
    onOpen: () => setOpen(true),
    onStep: (step) => activate((activeIndex + step + rows) % Math.max(1, rows)),
    onEnter() {
      if (!isCurrent) pickFirstResult()
      else if (rows > 0) choose(options[activeIndex])
    },
    onEscape: inline ? undefined : () => setOpen(false),
  })

  return {
    value: query === null || query === chosen?.label ? (chosen?.value ?? '') : '',
    inputProps: { value: text, onChange, onClick: () => setOpen(true), onBlur, onKeyDown },
    options,
    createText,
    activeIndex,
    setActiveIndex,
    choose,
    expanded: open && rows > 0 && !failed,
    status: open ? status : null,
  }
}

type KeyActions = {
  open: boolean
  onOpen: () => void
  onStep: (step: 1 | -1) => void
  onEnter: () => void
  onEscape: (() => void) | undefined
}

/** The keys of the ARIA combobox pattern. Enter submits the form while the list is closed. */
function keyHandler({ open, onOpen, onStep, onEnter, onEscape }: KeyActions) {
  return (event: KeyboardEvent) => {
    if (isComposing(event)) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (open) onStep(event.key === 'ArrowDown' ? 1 : -1)
      else onOpen()
    } else if (event.key === 'Enter' && open) onEnter()
    else if (event.key === 'Escape' && open && onEscape) onEscape()
    else return
    event.preventDefault()
  }
}
