'use client'

import { useEffect, useEffectEvent, useState, type RefObject } from 'react'

/** What was typed into a form. `kept` is what it holds outside its inputs. */
type FormDraft = { entries: [name: string, value: string][]; kept: unknown }

const storageKey = (label: string) => `rowhouse.draft ${location.pathname} ${label}`

/**
 * Reloads the page and keeps what was typed into a form, except passwords. The form with the same label
 * takes it over when it is rendered again in this tab.
 * @param kept - What the form holds outside its inputs.
 */
export function reloadWithDraft(form: HTMLFormElement, label: string, kept: unknown): void {
  const entries = [...new FormData(form)].filter((entry): entry is [string, string] => {
    const [name, value] = entry
    return typeof value === 'string' && !/password/i.test(name)
  })
  sessionStorage.setItem(storageKey(label), JSON.stringify({ entries, kept } satisfies FormDraft))
  location.reload()
}

/**
 * Restores a draft once, when its form is first rendered.
 * @param onRestore - Gets what the form held outside its inputs.
 * @returns Whether there was a draft.
 */
export function useDraft(
  form: RefObject<HTMLFormElement | null>,
  label: string,
  onRestore?: (kept: unknown) => void,
): boolean {
  const [restored, setRestored] = useState(false)
  const restore = useEffectEvent(() => {
    const stored = sessionStorage.getItem(storageKey(label))
    if (stored === null || !form.current) return
    sessionStorage.removeItem(storageKey(label))
    const { entries, kept } = JSON.parse(stored) as FormDraft
    fill(form.current, entries)
    onRestore?.(kept)
    setRestored(true)
  })
  useEffect(() => {
    const timer = setTimeout(() => restore())
    return () => clearTimeout(timer)
  }, [])
  return restored
}

function fill(form: HTMLFormElement, entries: FormDraft['entries']): void {
  const left = [...entries]
  for (const input of form.elements) {
    if (!(input instanceof HTMLInputElement) && !isTextOrSelect(input)) continue
    if (input.type === 'hidden') continue
    const at = left.findIndex(
      ([name, value]) => name === input.name && (!isChoice(input) || value === input.value),
    )
    if (isChoice(input)) input.checked = at !== -1
    else if (at !== -1) input.value = left[at]?.[1] ?? ''
    if (at !== -1) left.splice(at, 1)
  }
}

const isTextOrSelect = (element: Element): element is HTMLTextAreaElement | HTMLSelectElement =>
  element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement

const isChoice = (
  element: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement,
): element is HTMLInputElement => element.type === 'checkbox' || element.type === 'radio'
