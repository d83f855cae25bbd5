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

/** Renders a component inside what a page provides: the tenant and the toasts. */
export function renderPage(page: ReactElement) {
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
    rerender: (next: ReactElement) => rerender(framed(next)),
  }
}

/** A server action that records its input, and whose responses the test chooses. */
export function fakeAction<R = unknown>() {
  const sent: Record<string, unknown>[] = []
  const waiting: { resolve: (state: ActionState<R>) => void; reject: (error: unknown) => void }[] =
    []
  const action: Action<R> = (_, input) => {
    sent.push(input instanceof FormData ? Object.fromEntries(input) : { ...input })
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  }
  const next = () => {
    const first = waiting.shift()
    if (!first) throw new Error('no action is waiting for a response')
    return first
  }
  // React completes no transition until all are complete, including those of earlier tests
  onTestFinished(async () => {
    for (const { reject } of waiting.splice(0)) reject(new Error('the test is over'))
    await new Promise((resolve) => setTimeout(resolve))
  })
  /** Gives the response, and waits until its effects are rendered. */
  const flush = (reply: () => void) =>
    act(async () => {
      reply()
      await new Promise((resolve) => setTimeout(resolve))
    })
  return {
    action,
    sent,
    accept: (result: R) => flush(() => next().resolve({ ok: true, result })),
    /** Refuses as `#app/_actions/action` does, with the values to refill the form. */
    refuse: (message: string, fields: Record<string, string> = {}) =>
      flush(() =>
        next().resolve({
          ok: false,
          code: 'invalid',
          message,
          fields,
          values: valuesToRefill(sent.at(-1)),
        }),
      ),
    fail: (error: unknown) => flush(() => next().reject(error)),
  }
}

/** Stubs `fetch`: responds by path, from the search in `q`. Returns the requested addresses. */
export function stubFetch(pages: Record<string, (words: string) => unknown>) {
  const requests: string[] = []
  vi.stubGlobal('fetch', async (address: string) => {
    requests.push(address)
    const url = new URL(address, 'http://localhost')
    const page = pages[url.pathname]
    return page
      ? Response.json(page(url.searchParams.get('q') ?? ''))
      : new Response(null, { status: 404 })
  })
  return requests
}

/** What the form would submit now. */
export const dataOf = (form: HTMLElement) =>
  Object.fromEntries(new FormData(form as HTMLFormElement)) as Record<string, string>

export const valueOf = (field: HTMLElement) => (field as HTMLInputElement).value
export const isDisabled = (element: HTMLElement) => (element as HTMLButtonElement).disabled
export const isInvalid = (element: HTMLElement) => element.getAttribute('aria-invalid') === 'true'
