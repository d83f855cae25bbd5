import { screen, waitFor } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { PaletteButton } from '#components/palette/palette-button'
import { Shortcuts } from '#components/palette/shortcuts'
import { stubFetch, renderPage } from '#components/testing/page'
import { router } from '#components/testing/router'

const destinations = [
  { key: 'o', label: 'Orders', href: '/orders' },
  { key: 'c', label: 'Customers', href: '/customers' },
]

function openPage({ mayWrite = true, search = true } = {}) {
  const requests = stubFetch({
    '/find': (words) => [{ value: '/orders/o1', label: `Order of ${words}` }],
  })
  const { user } = renderPage(
    <>
      <PaletteButton />
      <label>
        Note <textarea />
      </label>
      {search && <input aria-label="Search orders" data-search />}
      <Shortcuts destinations={destinations} mayWrite={mayWrite} />
    </>,
  )
  return { user, requests }
}

const palette = () => screen.queryByRole('dialog', { name: 'Find anything' })
const shown = () => screen.queryAllByRole('option').map((row) => row.textContent)

describe('shortcuts', () => {
  it('lead to a page with G and its letter', async () => {
    const { user } = openPage()
    await user.keyboard('gc')
    expect(router.push).toHaveBeenCalledExactlyOnceWith('/customers')
  })

  it('do nothing for a letter alone, or for one that no page has', async () => {
    const { user } = openPage()
    await user.keyboard('cgxo')
    expect(router.push).not.toHaveBeenCalled()
  })

  it('start a new order with N', async () => {
    const { user } = openPage()
    await user.keyboard('n')
    expect(router.push).toHaveBeenCalledExactlyOnceWith('/orders/new')
  })

  it('do not start an order without the permission', async () => {
    const { user } = openPage({ mayWrite: false })
    await user.keyboard('n')
    expect(router.push).not.toHaveBeenCalled()
  })

  it('do not apply while typing in a field', async () => {
    const { user } = openPage()
    await user.type(screen.getByRole('textbox', { name: 'Note' }), 'gon?')
    expect(router.push).not.toHaveBeenCalled()
    expect(screen.queryByRole('dialog')).toBeNull()
  })

  it('focus the search of the page with a slash', async () => {
    const { user } = openPage()
    await user.keyboard('/')
    expect(document.activeElement).toBe(screen.getByRole('textbox', { name: 'Search orders' }))
    expect(palette()).toBeNull()
  })

  it('open the palette with a slash on a page without a search', async () => {
    const { user } = openPage({ search: false })
    await user.keyboard('/')
    await waitFor(() => expect(palette()).not.toBeNull())
  })

  it('are listed with a question mark, and do not apply while the list is open', async () => {
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

  it('offers the pages before anything is typed, without a request', async () => {
    const { user, requests } = openPage()
    await user.click(screen.getByRole('button', { name: /Find anything/ }))
    await waitFor(() =>
      expect(shown()).toEqual(['New orderN', 'OrdersG then O', 'CustomersG then C']),
    )
    expect(requests).toEqual([])
  })

  it('finds pages by their words, with the server’s results below', async () => {
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
