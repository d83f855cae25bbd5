import { screen, waitFor } from '@testing-library/react'
import { beforeEach, expect, it } from 'vitest'
import { open, valueOf } from '#components/testing/page'
import { SearchBox } from '#components/ui/search-box'

const went: string[][][] = []
beforeEach(() => {
  went.length = 0
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault()
    went.push([...new FormData(event.target as HTMLFormElement)] as string[][])
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

it('searches once one pauses, and keeps the rest of the address', async () => {
  const { user } = open(page(''))
  await user.click(box())
  await user.paste('lamp')
  expect(went).toEqual([])
  await waitFor(() =>
    expect(went).toEqual([
      [
        ['status', 'paid'],
        ['q', 'lamp'],
      ],
    ]),
  )
})

it('searches at once on Enter, and not again after the pause', async () => {
  const { user } = open(page(''))
  await user.type(box(), 'lamp{Enter}')
  expect(went).toHaveLength(1)
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(went).toHaveLength(1)
})

it('does not take away what one types on while the answer comes', async () => {
  const { user, redraw } = open(page(''))
  await user.type(box(), 'la{Enter}')
  await user.type(box(), 'mp')
  redraw(page('la'))
  expect(valueOf(box())).toBe('lamp')
})

it('follows the way back', async () => {
  const { user, redraw } = open(page(''))
  await user.type(box(), 'lamp{Enter}')
  redraw(page('lamp'))
  redraw(page(''))
  expect(valueOf(box())).toBe('')
})
