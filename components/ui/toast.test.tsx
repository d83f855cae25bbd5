import { act, fireEvent, render, screen } from '@testing-library/react'
import { beforeEach, expect, it, vi } from 'vitest'
import { toast, Toaster } from '#components/ui/toast'

beforeEach(() => {
  vi.useFakeTimers()
  render(<Toaster />)
})

const say = (text: string) => act(() => toast(text))
const pass = (ms: number) =>
  act(() => {
    vi.advanceTimersByTime(ms)
  })
const shown = () =>
  screen.queryAllByRole('button', { name: 'Dismiss' }).map((button) => {
    return button.previousElementSibling?.textContent
  })

it('is read out, and goes by itself', () => {
  say('Saved.')
  expect(screen.getByText('Saved.').closest('[aria-live=polite]')).not.toBeNull()
  pass(5999)
  expect(shown()).toEqual(['Saved.'])
  pass(1)
  expect(shown()).toEqual([])
})

it('keeps the last three', () => {
  for (const text of ['one', 'two', 'three', 'four']) say(text)
  expect(shown()).toEqual(['two', 'three', 'four'])
})

it('can be dismissed alone', () => {
  say('one')
  say('two')
  fireEvent.click(screen.getAllByRole('button', { name: 'Dismiss' })[0] as HTMLElement)
  expect(shown()).toEqual(['two'])
})
