import { screen, waitFor } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { PaletteButton } from '#components/palette/palette-button'
import { Shortcuts } from '#components/palette/shortcuts'
import { answerFetch, open } from '#components/testing/page'
import { router } from '#components/testing/router'

const places = [
  { key: 'o', label: 'Orders', href: '/orders' },
  { key: 'c', label: 'Customers', href: '/customers' },
]

function openPage({ mayWrite = true, search = true } = {}) {
  const asked = answerFetch({
    '/find': (words) => [{ value: '/orders/o1', label: `Order of ${words}` }],
  })
  const { user } = open(
    <>
      <PaletteButton />
      <label>
        Note <textarea />
      </label>
      {search && <input aria-label="Search orders" data-search />}
      <Shortcuts destinations={places} mayWrite={mayWrite} />
    </>,
  )
  return { user, asked }
}

const palette = () => screen.queryByRole('dialog', { name: 'Find anything' })
const shown = () => screen.queryAllByRole('option').map((row) => row.textContent)

describe('the keys', () => {
  it('lead to a place with G and its letter', async () => {
    const { user } = openPage()
    await user.keyboard('gc')
    expect(router.push).toHaveBeenCalledExactlyOnceWith('/customers')
  })

  it('lead nowhere with a letter alone, or one that no place has', async () => {
    const { user } = openPage()
    await user.keyboard('cgxo')
    expect(router.push).not.toHaveBeenCalled()
  })

  it('start a new order with N, for those who may', async () => {
    const { user } = openPage()
    await user.keyboard('n')
    expect(router.push).toHaveBeenCalledExactlyOnceWith('/orders/new')
  })

  it('do not start one for those who may not', async () => {
    const { user } = openPage({ mayWrite: false })
    await user.keyboard('n')
    expect(router.push).not.toHaveBeenCalled()
  })

  it('are letters while one writes', async () => {
    const { user } = openPage()
    await user.type(screen.getByRole('textbox', { name: 'Note' }), 'gon?')
    expect(router.push).not.toHaveBeenCalled()
    expect(screen.queryByRole('dialog')).toBeNull()
  })

  it('go to the search of the page with a slash', async () => {
    const { user } = openPage()
    await user.keyboard('/')
    expect(document.activeElement).toBe(screen.getByRole('textbox', { name: 'Search orders' }))
    expect(palette()).toBeNull()
  })

  it('open the palette with a slash where there is no search', async () => {
    const { user } = openPage({ search: false })
    await user.keyboard('/')
    await waitFor(() => expect(palette()).not.toBeNull())
  })

  it('are explained with a question mark, and rest meanwhile', async () => {
    const { user } = openPage()
    await user.keyboard('?')
    expect(await screen.findByRole('dialog', { name: 'Keys' })).toBeDefined()
    await user.keyboard('n')
    expect(router.push).not.toHaveBeenCalled()
  })
})

describe('the palette', () => {
  it.each(['{Control>}k{/Control}', '{Meta>}k{/Meta}'])('opens with %s', async (keys) => {
    const { user } = openPage()
    await user.type(screen.getByRole('textbox', { name: 'Note' }), keys)
    await waitFor(() => expect(palette()).not.toBeNull())
    await user.keyboard('{Escape}')
    expect(palette()).toBeNull()
  })

  it('offers the pages before anything is typed, and asks nobody', async () => {
    const { user, asked } = openPage()
    await user.click(screen.getByRole('button', { name: /Find anything/ }))
    await waitFor(() =>
      expect(shown()).toEqual(['New orderN', 'OrdersG then O', 'CustomersG then C']),
    )
    expect(asked).toEqual([])
  })

  it('finds pages by their words, and what the server knows below them', async () => {
    const { user } = openPage()
    await user.click(screen.getByRole('button', { name: /Find anything/ }))
    await screen.findAllByRole('option')
    await user.keyboard('order new')
    await waitFor(() => expect(shown()).toEqual(['New orderN', 'Order of order new']))
    await user.keyboard('{ArrowDown}{Enter}')
    expect(router.push).toHaveBeenCalledExactlyOnceWith('/orders/o1')
    expect(palette()).toBeNull()
  })
})
