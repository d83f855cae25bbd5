import { screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { parseOrderListParams } from '#app/_orders/search-params'
import { ColumnChoice } from '#components/orders/column-choice'
import { PeriodChoice } from '#components/orders/period-choice'
import { formats, renderPage, valueOf } from '#components/testing/page'
import { here } from '#components/testing/router'

const formOf = (element: HTMLElement) => element.closest('form') as HTMLFormElement
const pairsOf = (element: HTMLElement) => [...new FormData(formOf(element))]
const button = (name: string | RegExp) => screen.getByRole('button', { name })

describe('the column choice', () => {
  const query = { q: 'lamp', status: ['paid', 'placed'], columns: 'customer,total', after: 'x' }
  const page = () => <ColumnChoice address={parseOrderListParams(query, formats, 25)} />
  const ticked = () =>
    screen.getAllByRole('checkbox', { checked: true }).map((box) => box.parentElement?.textContent)

  it('opens with a button and closes on Escape', async () => {
    const { user } = renderPage(page())
    expect(screen.queryByRole('checkbox')).toBeNull()
    await user.click(button('Columns'))
    expect(button('Columns').getAttribute('aria-expanded')).toBe('true')
    expect(screen.getByRole('group', { name: 'Columns' })).toBeDefined()
    await user.keyboard('{Escape}')
    expect(button('Columns').getAttribute('aria-expanded')).toBe('false')
    expect(screen.queryByRole('checkbox')).toBeNull()
  })

  it('starts with the shown columns ticked, and submits the ticked ones', async () => {
    const { user } = renderPage(page())
    await user.click(button('Columns'))
    expect(ticked()).toEqual(['Customer', 'Total'])
    await user.click(screen.getByRole('checkbox', { name: 'Customer' }))
    await user.click(screen.getByRole('checkbox', { name: 'Note' }))
    const form = formOf(button('Show these'))
    expect(form.getAttribute('action')).toBe('/orders')
    expect(pairsOf(form).filter(([name]) => name === 'columns')).toEqual([
      ['columns', 'note'],
      ['columns', 'total'],
    ])
  })

  it('keeps the rest of the address, but leads to the first page', async () => {
    const { user } = renderPage(page())
    await user.click(button('Columns'))
    expect(pairsOf(button('Show these')).filter(([name]) => name !== 'columns')).toEqual([
      ['q', 'lamp'],
      ['status', 'paid'],
      ['status', 'placed'],
    ])
  })

  it('closes on navigation', async () => {
    const { user, rerender } = renderPage(page())
    await user.click(button('Columns'))
    rerender(page())
    expect(screen.getAllByRole('checkbox')).toHaveLength(7)
    here.query = 'columns=note'
    rerender(page())
    expect(screen.queryByRole('checkbox')).toBeNull()
  })
})

describe('the period choice', () => {
  const page = (query: Record<string, string>) => {
    const address = parseOrderListParams(query, formats, 25)
    return (
      <PeriodChoice
        period={address.period}
        formats={formats}
        link={address.link}
        keep={address.keepParams('period', 'from', 'to')}
      />
    )
  }

  it('shows the current period, and highlights it in the list', async () => {
    const { user } = renderPage(page({ period: '7d', q: 'lamp' }))
    await user.click(button('Last 7 days'))
    expect(screen.getByRole('link', { current: true }).textContent).toBe('Last 7 days')
    const links = screen.getAllByRole('link').map((link) => link.getAttribute('href'))
    expect(links).toEqual(
      ['7d', '30d', '90d', '12m'].map((period) => `/orders?period=${period}&q=lamp`),
    )
  })

  it('shows a custom period, which a named period replaces', async () => {
    const { user } = renderPage(page({ from: '2026-03-01', to: '2026-03-10', q: 'lamp' }))
    await user.click(button('1 Mar – 10 Mar'))
    expect(screen.queryByRole('link', { current: true })).toBeNull()
    const link = screen.getByRole('link', { name: 'Last 30 days' })
    expect(link.getAttribute('href')).toBe('/orders?q=lamp&period=30d')
  })

  it('leads to the typed dates, and keeps the search', async () => {
    const { user } = renderPage(page({ from: '2026-03-01', to: '2026-03-10', q: 'lamp' }))
    await user.click(button('1 Mar – 10 Mar'))
    const to = screen.getByLabelText('To')
    expect(valueOf(to)).toBe('2026-03-10')
    await user.clear(to)
    await user.type(to, '2026-03-20')
    expect(pairsOf(button('Show these days'))).toEqual([
      ['q', 'lamp'],
      ['from', '2026-03-01'],
      ['to', '2026-03-20'],
    ])
  })
})
