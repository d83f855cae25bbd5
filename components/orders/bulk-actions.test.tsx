import { screen, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { BulkActions } from '#components/orders/bulk-actions'
import { OrdersTable } from '#components/orders/orders-table'
import {
  formats,
  isDisabled,
  isInvalid,
  renderPage,
  fakeAction,
  valueOf,
} from '#components/testing/page'

const at = new Date('2026-03-01T10:00:00Z')
const rows = [1, 2, 3].map((number) => ({
  id: `o${number}`,
  number,
  status: 'placed' as const,
  customer: 'Ada',
  customerId: 'ada',
  note: '',
  lines: 1,
  totalMinor: 1234,
  placedAt: at,
  updatedAt: at,
}))

function openPage() {
  const change = fakeAction<{ changed: number; left: number }>()
  const { user } = renderPage(
    <BulkActions action={change.action}>
      <OrdersTable rows={rows} columns={['status', 'total']} formats={formats} selectable />
    </BulkActions>,
  )
  return { user, change }
}

const row = (number: number) => screen.getByRole('checkbox', { name: `Select order ${number}` })
const all = () => screen.getByRole('checkbox', { name: 'Select all on this page' })
const isTicked = (box: HTMLElement) => (box as HTMLInputElement).checked
const area = () => screen.queryByRole('region', { name: 'Selected orders' })
const button = (name: string) => screen.getByRole('button', { name })
const target = () => screen.getByRole('combobox', { name: 'Mark as' })

describe('selecting', () => {
  it('shows no actions before an order is ticked', async () => {
    const { user } = openPage()
    expect(area()).toBeNull()
    await user.click(row(2))
    expect(area()?.textContent).toContain('1 selected')
    await user.click(row(2))
    expect(area()).toBeNull()
  })

  it('ticks and unticks all orders of the page at once', async () => {
    const { user } = openPage()
    await user.click(all())
    expect(rows.map(({ number }) => isTicked(row(number)))).toEqual([true, true, true])
    expect(screen.getByText('3 selected')).toBeDefined()
    await user.click(all())
    expect(rows.map(({ number }) => isTicked(row(number)))).toEqual([false, false, false])
    expect(area()).toBeNull()
  })

  it('ticks Select all only while all orders are ticked', async () => {
    const { user } = openPage()
    await user.click(all())
    await user.click(row(2))
    expect(isTicked(all())).toBe(false)
    await user.click(row(2))
    expect(isTicked(all())).toBe(true)
  })

  it('is cleared with a button', async () => {
    const { user } = openPage()
    await user.click(all())
    await user.click(button('Clear'))
    expect(isTicked(row(1))).toBe(false)
    expect(isTicked(all())).toBe(false)
    expect(area()).toBeNull()
  })
})

describe('changing the status', () => {
  it('sends the ticked orders once, shows the result, and unticks them', async () => {
    const { user, change } = openPage()
    await user.click(row(1))
    await user.click(row(3))
    await user.selectOptions(target(), 'Shipped')
    await user.dblClick(button('Apply'))
    expect(change.sent).toEqual([{ _tenant: 'acme', ids: ['o1', 'o3'], to: 'shipped' }])
    expect(isDisabled(button('Apply'))).toBe(true)
    await change.accept({ changed: 1, left: 1 })
    expect(screen.getByText('1 order changed, 1 left as they were.')).toBeDefined()
    expect(isTicked(row(1))).toBe(false)
    expect(area()).toBeNull()
  })

  it('keeps the orders ticked when it is refused', async () => {
    const { user, change } = openPage()
    await user.click(row(1))
    await user.click(button('Apply'))
    await change.refuse('Members cannot do this.')
    expect(screen.getByText('Members cannot do this.')).toBeDefined()
    expect(isTicked(row(1))).toBe(true)
    expect(isDisabled(button('Apply'))).toBe(false)
  })
})

describe('cancelling', () => {
  async function askToCancel() {
    const page = openPage()
    await page.user.click(row(1))
    await page.user.click(row(2))
    await page.user.selectOptions(target(), 'Cancelled')
    await page.user.click(button('Apply'))
    return page
  }
  const dialog = () => screen.getByRole('dialog', { name: 'Cancel 2 orders' })

  it('asks for confirmation', async () => {
    const { user, change } = await askToCancel()
    expect(change.sent).toEqual([])
    await user.click(within(dialog()).getByRole('button', { name: 'Keep them' }))
    expect(screen.queryByRole('dialog')).toBeNull()
    expect(change.sent).toEqual([])
    expect(screen.getByText('2 selected')).toBeDefined()
  })

  it('sends the orders with the reason', async () => {
    const { user, change } = await askToCancel()
    await user.type(screen.getByRole('textbox', { name: 'Reason' }), 'Sold out')
    await user.click(button('Cancel 2 orders'))
    expect(change.sent).toEqual([
      { _tenant: 'acme', to: 'cancelled', 'ids.0': 'o1', 'ids.1': 'o2', reason: 'Sold out' },
    ])
    await change.accept({ changed: 2, left: 0 })
    expect(screen.getByText('2 orders changed.')).toBeDefined()
    expect(screen.queryByRole('dialog')).toBeNull()
    expect(area()).toBeNull()
  })

  it('shows a refusal at the reason', async () => {
    const { user, change } = await askToCancel()
    await user.type(screen.getByRole('textbox', { name: 'Reason' }), 'x')
    await user.click(button('Cancel 2 orders'))
    await change.refuse('Please correct the marked fields.', { reason: 'Say why.' })
    const reason = screen.getByRole('textbox', { name: 'Reason', description: 'Say why.' })
    expect(isInvalid(reason)).toBe(true)
    expect(valueOf(reason)).toBe('x')
  })
})
