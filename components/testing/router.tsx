import { vi } from 'vitest'

/** Next's router as the components see it: it goes nowhere and remembers where it was sent. */
export const router = {
  push: vi.fn(),
  replace: vi.fn(),
  refresh: vi.fn(),
  prefetch: vi.fn(),
  back: vi.fn(),
  forward: vi.fn(),
}

/** The address that the page stands on. */
export const here = { path: '/orders', query: '' }

export function resetRouter() {
  for (const went of Object.values(router)) went.mockClear()
  Object.assign(here, { path: '/orders', query: '' })
}
