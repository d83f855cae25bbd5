'use client'

import { Search } from 'lucide-react'
import type { Route } from 'next'
import Form from 'next/form'
import { useEffect, useRef } from 'react'
import { HiddenInputs } from '#components/ui/hidden-inputs'
import { Input } from '#components/ui/input'
import { Kbd } from '#components/ui/kbd'

type Props = {
  action: Route
  keep: [string, string][]
  value: string
  label: string
  placeholder: string
}

const debounceMs = 350

/** Searches while typing. The search is part of the address, so that the back button works. */
export function SearchBox({ action, keep, value, label, placeholder }: Props) {
  const form = useRef<HTMLFormElement>(null)
  const input = useRef<HTMLInputElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const sent = useRef<string[]>([])
  useEffect(() => {
    const ours = sent.current.indexOf(value)
    sent.current = sent.current.slice(ours + 1)
    // follow the back button, but do not replace what is being typed by an earlier search
    if (ours < 0 && input.current) input.current.value = value
  }, [value])
  function onSubmit() {
    clearTimeout(timer.current)
    const words = input.current?.value.trim() ?? ''
    if (words !== value) sent.current.push(words)
  }
  return (
    <Form
      ref={form}
      action={action}
      replace={value !== ''}
      scroll={false}
      role="search"
      className="relative w-full sm:w-72"
      onSubmit={onSubmit}
    >
      <HiddenInputs pairs={keep} />
      <Search
        aria-hidden
        className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-ink-faint"
      />
      <Input
        ref={input}
        name="q"
        type="search"
        autoComplete="off"
        maxLength={100}
        defaultValue={value}
        aria-label={label}
        placeholder={placeholder}
        data-search
        className="pr-9 pl-8.5"
        onChange={() => {
          clearTimeout(timer.current)
          timer.current = setTimeout(() => form.current?.requestSubmit(), debounceMs)
        }}
      />
      <span aria-hidden className="pointer-events-none absolute top-2 right-2 flex max-sm:hidden">
        <Kbd>/</Kbd>
      </span>
    </Form>
  )
}
