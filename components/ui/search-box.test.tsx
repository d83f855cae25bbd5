import { screen, waitFor } from '@testing-library/react'
import { beforeEach, expect, it } from 'vitest'
import { renderPage, valueOf } from '#components/testing/page'
import { SearchBox } from '#components/ui/search-box'

const submitted: string[][][] = []
beforeEach(() => {
  submitted.length = 0
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault()
    submitted.push([...new FormData(event.target as HTMLFormElement)] as string[][])
  }
  document.addEventListener('submit', onSubmit, true)
  return () => document.removeEventListener('submit', onSubmit, true)
})

const page = (value: string) => (
  <SearchBox
    action="/orders"
    keep={[['status', 'paid']]}
    value={value}
    label="Search orders"
    placeholder="Number"
  />
)
const box = () => screen.getByRole('searchbox', { name: 'Search orders' })

it('searches when typing pauses, and keeps the rest of the address', async () => {
  const { user } = renderPage(page(''))
  await user.click(box())
  await user.paste('lamp')
  expect(submitted).toEqual([])
  await waitFor(() =>
    expect(submitted).toEqual([
      [
        ['status', 'paid'],
        ['q', 'lamp'],
      ],
    ]),
  )
})

it('searches at once on Enter, and not again after the pause', async () => {
  const { user } = renderPage(page(''))
  await user.type(box(), 'lamp{Enter}')
  expect(submitted).toHaveLength(1)
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(submitted).toHaveLength(1)
})

it('keeps what is typed while a search is pending', async () => {
  const { user, rerender } = renderPage(page(''))
  await user.type(box(), 'la{Enter}')
  await user.type(box(), 'mp')
  rerender(page('la'))
  expect(valueOf(box())).toBe('lamp')
})

it('follows the back button', async () => {
  const { user, rerender } = renderPage(page(''))
  await user.type(box(), 'lamp{Enter}')
  rerender(page('lamp'))
  rerender(page(''))
  expect(valueOf(box())).toBe('')
})
