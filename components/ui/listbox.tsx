import { clsx } from 'clsx'
import type { ReactNode } from 'react'

export const optionId = (listId: string, index: number) => `${listId}-${index}`

/** The options of a combobox. The focus stays in its input. */
export function Listbox<O extends { value: string; label: string; hint?: string }>({
  id,
  label,
  hidden,
  className,
  options,
  activeIndex,
  onActivate,
  onPick,
  createText,
}: {
  id: string
  label: string
  hidden: boolean
  className: string
  options: O[]
  activeIndex: number
  onActivate: (index: number) => void
  /** Gets undefined for the option that creates a record. */
  onPick: (option: O | undefined) => void
  createText: string | null
}) {
  return (
    <div
      id={id}
      role="listbox"
      tabIndex={-1}
      aria-label={label}
      hidden={hidden}
      onMouseDown={(event) => event.preventDefault()}
      className={className}
    >
      {options.map((option, i) => (
        <ListboxOption
          key={option.value}
          id={optionId(id, i)}
          active={i === activeIndex}
          onPick={() => onPick(option)}
          onActivate={() => onActivate(i)}
        >
          <span className="block truncate">{option.label}</span>
          {option.hint && (
            <span className="block truncate text-xs text-ink-faint">{option.hint}</span>
          )}
        </ListboxOption>
      ))}
      {createText !== null && (
        <ListboxOption
          id={optionId(id, options.length)}
          active={activeIndex === options.length}
          onPick={() => onPick(undefined)}
          onActivate={() => onActivate(options.length)}
        >
          <span className="text-accent">Create “{createText}”</span>
        </ListboxOption>
      )}
    </div>
  )
}

function ListboxOption({
  id,
  active,
  onPick,
  onActivate,
  children,
}: {
  id: string
  active: boolean
  onPick: () => void
  onActivate: () => void
  children: ReactNode
}) {
  return (
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={active}
      onPointerUp={onPick}
      onMouseMove={onActivate}
      className={clsx('cursor-pointer rounded-md px-2.5 py-1.5 text-sm', active && 'bg-sunken')}
    >
      {children}
    </div>
  )
}
