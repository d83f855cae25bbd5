import { act, render } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { ReactElement } from 'react'
import { onTestFinished, vi } from 'vitest'
import type { Action, ActionState } from '#app/_actions/action'
import { valuesToRefill } from '#app/_actions/form-data'
import type { Formats } from '#components/formats'
import { TenantScope } from '#components/tenant-scope'
import { Toaster } from '#components/ui/toast'

export const formats: Formats = { locale: 'en-GB', currency: 'EUR', zone: 'UTC' }
const scope = { tenantId: 'acme', formats }

/** What a page puts around its components: the tenant it was rendered for, and the toasts. */
export function open(page: ReactElement) {
  const framed = (inner: ReactElement) => (
    <TenantScope scope={scope}>
      {inner}
      <Toaster />
    </TenantScope>
  )
  const { rerender, ...rest } = render(framed(page))
  return {
    user: userEvent.setup(),
    ...rest,
    redraw: (next: ReactElement) => rerender(framed(next)),
  }
}

/** A server action on its other side: what came in, and an answer when the test gives one. */
export function server<R = unknown>() {
  const sent: Record<string, unknown>[] = []
  const waiting: { answer: (state: ActionState<R>) => void; fail: (error: unknown) => void }[] = []
  const action: Action<R> = (_, input) => {
    sent.push(input instanceof FormData ? Object.fromEntries(input) : { ...input })
    return new Promise((answer, fail) => waiting.push({ answer, fail }))
  }
  const next = () => {
    const first = waiting.shift()
    if (!first) throw new Error('nothing was sent that waits for an answer')
    return first
  }
  // React ends no transition before all have ended, those of an earlier test too
  onTestFinished(async () => {
    for (const { fail } of waiting.splice(0)) fail(new Error('the test is over'))
    await new Promise((resolve) => setTimeout(resolve))
  })
  /** Until what the answer sets off is on the page. */
  const flush = (reply: () => void) =>
    act(async () => {
      reply()
      await new Promise((resolve) => setTimeout(resolve))
    })
  return {
    action,
    sent,
    accept: (result: R) => flush(() => next().answer({ ok: true, result })),
    /** Refuses as `#app/_actions/action` does, with the values to refill the form. */
    refuse: (message: string, fields: Record<string, string> = {}) =>
      flush(() =>
        next().answer({
          ok: false,
          code: 'invalid',
          message,
          fields,
          values: valuesToRefill(sent.at(-1)),
        }),
      ),
    breakDown: (error: unknown) => flush(() => next().fail(error)),
  }
}

/** Answers `fetch` by path and the words that are looked for. */
export function answerFetch(pages: Record<string, (words: string) => unknown>) {
  const asked: string[] = []
  vi.stubGlobal('fetch', async (address: string) => {
    asked.push(address)
    const url = new URL(address, 'http://localhost')
    const page = pages[url.pathname]
    return page
      ? Response.json(page(url.searchParams.get('q') ?? ''))
      : new Response(null, { status: 404 })
  })
  return asked
}

/** What this form would send now. */
export const dataOf = (form: HTMLElement) =>
  Object.fromEntries(new FormData(form as HTMLFormElement)) as Record<string, string>

export const valueOf = (field: HTMLElement) => (field as HTMLInputElement).value
export const isDisabled = (element: HTMLElement) => (element as HTMLButtonElement).disabled
export const isInvalid = (element: HTMLElement) => element.getAttribute('aria-invalid') === 'true'
