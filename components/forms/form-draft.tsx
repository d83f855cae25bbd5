'use client'

import {
  createContext,
  useContext,
  useEffect,
  useEffectEvent,
  useState,
  type ReactNode,
  type RefObject,
} from 'react'
import { usePageTenant } from '#components/tenant-scope'

/** Whose draft it is, and of which form. Another user of this tab, or another tenant, does not get it. */
type DraftOf = { user: string | null; tenant: string | null; path: string; label: string }
/** What was typed into a form. `kept` is what it holds outside its inputs. */
type FormDraft = { of: DraftOf; values: [name: string, value: string][]; kept: unknown }

type DraftOptions = {
  form: RefObject<HTMLFormElement | null>
  label: string
  kept: unknown
  onRestore: ((kept: unknown) => void) | undefined
}

const storageKey = 'rowhouse.draft'
const DraftUserContext = createContext<string | null>(null)

/** Provides the user whose drafts the forms of a page may restore. */
export function DraftUser({ id, children }: { id: string; children: ReactNode }) {
  return <DraftUserContext value={id}>{children}</DraftUserContext>
}

/**
 * Keeps what was typed into a form while the page is reloaded, except passwords and codes, and restores
 * it once, when the same form is rendered again in this tab.
 * @param options.kept - What the form holds outside its inputs.
 * @param options.onRestore - Receives `kept` after the reload.
 * @returns Whether a draft was restored, and a function that reloads the page.
 */
export function useDraft({ form, label, kept, onRestore }: DraftOptions): {
  restored: boolean
  reload: () => void
} {
  const user = useContext(DraftUserContext)
  const tenant = usePageTenant()
  const [restored, setRestored] = useState(false)
  const thisForm = (): DraftOf => ({ user, tenant, path: location.pathname, label })
  const restore = useEffectEvent(() => {
    const draft = readDraft(user)
    if (!form.current || JSON.stringify(draft?.of) !== JSON.stringify(thisForm())) return
    storage()?.removeItem(storageKey)
    fill(form.current, draft?.values ?? [])
    onRestore?.(draft?.kept)
    setRestored(true)
  })
  useEffect(() => {
    const timer = setTimeout(() => restore())
    return () => clearTimeout(timer)
  }, [])
  const reload = () => {
    const draft: FormDraft = { of: thisForm(), values: valuesOf(form.current), kept }
    storage()?.setItem(storageKey, JSON.stringify(draft))
    location.reload()
  }
  return { restored, reload }
}

/** The draft in this tab. That of another user is deleted. */
function readDraft(user: string | null): FormDraft | undefined {
  const stored = storage()?.getItem(storageKey)
  if (!stored) return undefined
  const draft = JSON.parse(stored) as FormDraft
  if (draft.of.user === user) return draft
  storage()?.removeItem(storageKey)
  return undefined
}

/** Undefined if the browser blocks storage. */
function storage(): Storage | undefined {
  try {
    return sessionStorage
  } catch {
    return undefined
  }
}

const valuesOf = (form: HTMLFormElement | null): FormDraft['values'] =>
  [...(form?.elements ?? [])]
    .filter(isTypedInput)
    .filter((input) => !isChoice(input) || input.checked)
    .map(({ name, value }) => [name, value])

function fill(form: HTMLFormElement, values: FormDraft['values']): void {
  const left = [...values]
  for (const input of [...form.elements].filter(isTypedInput)) {
    const at = left.findIndex(
      ([name, value]) => name === input.name && (!isChoice(input) || value === input.value),
    )
    if (isChoice(input)) input.checked = at !== -1
    else if (at !== -1) input.value = left[at]?.[1] ?? ''
    if (at !== -1) left.splice(at, 1)
  }
}

type TypedInput = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

/** An input whose value may be stored: no secret, and nothing that the page fills in again itself. */
const isTypedInput = (element: Element): element is TypedInput =>
  element instanceof HTMLTextAreaElement ||
  element instanceof HTMLSelectElement ||
  (element instanceof HTMLInputElement &&
    element.name !== '' &&
    !['hidden', 'password', 'file'].includes(element.type) &&
    element.autocomplete !== 'one-time-code' &&
    !/password/i.test(element.name))

const isChoice = (input: TypedInput): input is HTMLInputElement =>
  input.type === 'checkbox' || input.type === 'radio'
