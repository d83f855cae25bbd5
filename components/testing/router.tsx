import { vi } from 'vitest'

/** A stand-in for Next's router, which only records calls. */
export const router = {
  push: vi.fn(),
  replace: vi.fn(),
  refresh: vi.fn(),
  prefetch: vi.fn(),
  back: vi.fn(),
  forward: vi.fn(),
}

/** The current address. */
export const here = { path: '/orders', query: '' }

export function resetRouter() {
  for (const method of Object.values(router)) method.mockClear()
  Object.assign(here, { path: '/orders', query: '' })
}
