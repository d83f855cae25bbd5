import { act, fireEvent, render, screen } from '@testing-library/react'
import { beforeEach, expect, it, vi } from 'vitest'
import { toast, Toaster } from '#components/ui/toast'

beforeEach(() => {
  vi.useFakeTimers()
  render(<Toaster />)
})

const show = (text: string) => act(() => toast(text))
const advance = (ms: number) =>
  act(() => {
    vi.advanceTimersByTime(ms)
  })
const shown = () =>
  screen.queryAllByRole('button', { name: 'Dismiss' }).map((button) => {
    return button.previousElementSibling?.textContent
  })

it('is announced, and disappears after six seconds', () => {
  show('Saved.')
  expect(screen.getByText('Saved.').closest('[aria-live=polite]')).not.toBeNull()
  advance(5999)
  expect(shown()).toEqual(['Saved.'])
  advance(1)
  expect(shown()).toEqual([])
})

it('shows the last three', () => {
  for (const text of ['one', 'two', 'three', 'four']) show(text)
  expect(shown()).toEqual(['two', 'three', 'four'])
})

it('can be dismissed on its own', () => {
  show('one')
  show('two')
  fireEvent.click(screen.getAllByRole('button', { name: 'Dismiss' })[0] as HTMLElement)
  expect(shown()).toEqual(['two'])
})
