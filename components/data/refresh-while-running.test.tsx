import { render } from '@testing-library/react'
import { beforeEach, expect, it, vi } from 'vitest'
import { RefreshWhileRunning } from '#components/data/refresh-while-running'
import { router } from '#components/testing/router'

const seen = vi.spyOn(document, 'visibilityState', 'get')

beforeEach(() => {
  vi.useFakeTimers()
  seen.mockReturnValue('visible')
})

it('draws the page again and again while it stands on it', () => {
  const { unmount } = render(<RefreshWhileRunning />)
  expect(router.refresh).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1500)
  expect(router.refresh).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(3000)
  expect(router.refresh).toHaveBeenCalledTimes(3)
  unmount()
  vi.advanceTimersByTime(10_000)
  expect(router.refresh).toHaveBeenCalledTimes(3)
})

it('rests while nobody sees the page', () => {
  seen.mockReturnValue('hidden')
  render(<RefreshWhileRunning />)
  vi.advanceTimersByTime(10_000)
  expect(router.refresh).not.toHaveBeenCalled()
  seen.mockReturnValue('visible')
  vi.advanceTimersByTime(1500)
  expect(router.refresh).toHaveBeenCalledTimes(1)
})
