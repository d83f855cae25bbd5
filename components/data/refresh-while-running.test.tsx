import { render } from '@testing-library/react'
import { beforeEach, expect, it, vi } from 'vitest'
import { RefreshWhileRunning } from '#components/data/refresh-while-running'
import { router } from '#components/testing/router'

const visibility = vi.spyOn(document, 'visibilityState', 'get')

beforeEach(() => {
  vi.useFakeTimers()
  visibility.mockReturnValue('visible')
})

it('refreshes the page periodically while it is mounted', () => {
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

it('does not refresh while the page is hidden', () => {
  visibility.mockReturnValue('hidden')
  render(<RefreshWhileRunning />)
  vi.advanceTimersByTime(10_000)
  expect(router.refresh).not.toHaveBeenCalled()
  visibility.mockReturnValue('visible')
  vi.advanceTimersByTime(1500)
  expect(router.refresh).toHaveBeenCalledTimes(1)
})
