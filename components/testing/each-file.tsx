import { cleanup, configure } from '@testing-library/react'
import { afterEach, beforeEach, vi } from 'vitest'
import { resetRouter } from '#components/testing/router'

// Before a test file is loaded: what a browser has and happy-dom has not, and Next's router, which
// is nothing but a note of where the page wanted to go.

vi.mock('next/navigation', async (original) => {
  const { here, router } = await import('#components/testing/router')
  return {
    ...(await original<typeof import('next/navigation')>()),
    useRouter: () => router,
    usePathname: () => here.path,
    useSearchParams: () => new URLSearchParams(here.query),
  }
})

const shown = 'data-popover-open'

document.head.insertAdjacentHTML(
  'beforeend',
  `<style>[hidden], [popover]:not([${shown}]) { display: none }</style>`,
)

function toggle(panel: HTMLElement, newState: 'open' | 'closed') {
  const oldState = panel.hasAttribute(shown) ? 'open' : 'closed'
  if (oldState === newState) return
  const event = (name: string) => Object.assign(new Event(name), { oldState, newState })
  panel.dispatchEvent(event('beforetoggle'))
  panel.toggleAttribute(shown, newState === 'open')
  panel.dispatchEvent(event('toggle'))
}

HTMLElement.prototype.showPopover = function () {
  toggle(this, 'open')
}
HTMLElement.prototype.hidePopover = function () {
  toggle(this, 'closed')
}

document.addEventListener('click', ({ target }) => {
  const opener = target instanceof Element ? target.closest('[popovertarget]') : null
  const panel = document.getElementById(opener?.getAttribute('popovertarget') ?? '')
  if (panel) toggle(panel, panel.hasAttribute(shown) ? 'closed' : 'open')
})

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.defaultPrevented) return
  const panel = document.querySelector<HTMLElement>(`[popover=auto][${shown}]`)
  if (panel) toggle(panel, 'closed')
  else document.querySelector<HTMLDialogElement>('dialog[open]')?.close()
})

// a machine that is busy with other tests is slow
configure({ asyncUtilTimeout: 5000 })

beforeEach(resetRouter)
afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
