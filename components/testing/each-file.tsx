import { cleanup, configure } from '@testing-library/react'
import { afterEach, beforeEach, vi } from 'vitest'
import { resetRouter } from '#components/testing/router'

// Set-up of each test file: browser features that happy-dom lacks, and a router that only records
// where it was sent.

vi.mock('next/navigation', async (original) => {
  const { here, router } = await import('#components/testing/router')
  return {
    ...(await original<typeof import('next/navigation')>()),
    useRouter: () => router,
    usePathname: () => here.path,
    useSearchParams: () => new URLSearchParams(here.query),
  }
})

const openAttribute = 'data-popover-open'

document.head.insertAdjacentHTML(
  'beforeend',
  `<style>[hidden], [popover]:not([${openAttribute}]) { display: none }</style>`,
)

function toggle(panel: HTMLElement, newState: 'open' | 'closed') {
  const oldState = panel.hasAttribute(openAttribute) ? 'open' : 'closed'
  if (oldState === newState) return
  const event = (name: string) => Object.assign(new Event(name), { oldState, newState })
  panel.dispatchEvent(event('beforetoggle'))
  panel.toggleAttribute(openAttribute, newState === 'open')
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
  if (panel) toggle(panel, panel.hasAttribute(openAttribute) ? 'closed' : 'open')
})

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.defaultPrevented) return
  const panel = document.querySelector<HTMLElement>(`[popover=auto][${openAttribute}]`)
  if (panel) toggle(panel, 'closed')
  else document.querySelector<HTMLDialogElement>('dialog[open]')?.close()
})

// generous, for a machine that runs other tests too
configure({ asyncUtilTimeout: 5000 })

beforeEach(resetRouter)
afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
