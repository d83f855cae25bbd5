import { screen, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { EditOrder, type OrderSaveResult } from '#components/orders/edit-order'
import { stubPickers, line, lineCount, orderTotal } from '#components/testing/orders'
import { renderPage, fakeAction, valueOf } from '#components/testing/page'
import { router } from '#components/testing/router'
import type { Order } from '#db/product/orders'

const orderLine = (sku: string, description: string, quantity: number, unitPriceMinor: number) => ({
  tenantId: 'acme',
  orderId: 'o1',
  id: `l-${sku}`,
  position: 0,
  productId: sku,
  sku,
  description,
  quantity,
  unitPriceMinor,
})
const ours = {
  tenantId: 'acme',
  id: 'o1',
  number: 12,
  version: 3,
  status: 'draft',
  note: 'Ring twice',
  totalMinor: 2468,
  customerId: 'ada',
  customer: { id: 'ada', name: 'Ada', email: 'ada@acme.example', phone: '', address: '' },
  lines: [orderLine('lamp', 'Desk lamp', 2, 1234)],
  events: [],
  placedAt: new Date('2026-03-01T10:00:00Z'),
  updatedAt: new Date('2026-03-01T10:00:00Z'),
} as unknown as Order
const theirs: Order = {
  ...ours,
  version: 5,
  status: 'placed',
  note: 'Leave it at the door',
  totalMinor: 51_234,
  lines: [orderLine('lamp', 'Desk lamp', 1, 1234), orderLine('sofa', 'Sofa', 1, 50_000)] as never,
  updatedAt: new Date('2026-03-02T09:30:00Z'),
}

function openPage({ editable = true } = {}) {
  stubPickers()
  const save = fakeAction<OrderSaveResult>()
  const page = (order: Order, stillEditable: boolean) => (
    <EditOrder order={order} editable={stillEditable} action={save.action} createCustomer={null}>
      <p>This order is on its way and cannot be edited.</p>
    </EditOrder>
  )
  const { rerender, ...rest } = renderPage(page(ours, editable))
  return {
    ...rest,
    save,
    rerender: (order: Order, stillEditable = editable) => rerender(page(order, stillEditable)),
  }
}

const button = (name: string) => screen.getByRole('button', { name })
const note = () => screen.getByRole('textbox', { name: /^Note/ })

async function openConflict() {
  const page = openPage()
  await page.user.clear(note())
  await page.user.type(note(), 'Mine')
  await page.user.clear(line(1).quantity)
  await page.user.type(line(1).quantity, '7')
  await page.user.click(button('Save order'))
  await page.save.accept({ saved: false, theirs })
  return page
}

describe('editing', () => {
  it('starts from the current order', () => {
    openPage()
    expect(valueOf(screen.getByRole('combobox', { name: 'Who orders' }))).toBe('Ada')
    expect(valueOf(line(1).product)).toBe('Desk lamp')
    expect(valueOf(line(1).quantity)).toBe('2')
    expect(valueOf(line(1).price)).toBe('12.34')
    expect(valueOf(note())).toBe('Ring twice')
    expect(orderTotal()).toBe('€24.68')
  })

  it('sends the version that it started from, and leads back to the order', async () => {
    const { user, save } = openPage()
    await user.click(button('Save order'))
    expect(save.sent).toEqual([
      {
        _tenant: 'acme',
        id: 'o1',
        version: '3',
        customerId: 'ada',
        'lines.0.productId': 'lamp',
        'lines.0.quantity': '2',
        'lines.0.unitPrice': '12.34',
        note: 'Ring twice',
      },
    ])
    await save.accept({ saved: true, id: 'o1', number: 12 })
    expect(router.push).toHaveBeenCalledExactlyOnceWith('/orders/o1')
    expect(screen.getByText('Order #12 is saved.')).toBeDefined()
  })

  it('can be cancelled', () => {
    openPage()
    const link = screen.getByRole('link', { name: 'Leave it as it was' })
    expect(link.getAttribute('href')).toBe('/orders/o1')
  })

  it('shows its children instead for an order that cannot be edited', () => {
    openPage({ editable: false })
    expect(screen.getByText(/cannot be edited/)).toBeDefined()
    expect(screen.queryByRole('form')).toBeNull()
  })

  it('keeps what was typed when someone else changes the order or its status', async () => {
    const { user, save, rerender } = openPage()
    await user.type(note(), ' please')
    rerender(theirs, false)
    expect(valueOf(note())).toBe('Ring twice please')
    await user.click(button('Save order'))
    expect(save.sent).toMatchObject([{ version: '3', note: 'Ring twice please' }])
  })
})

describe('a conflicting edit', () => {
  it('shows the other version in an alert, above the form with the typed one', async () => {
    await openConflict()
    const alert = within(screen.getByRole('alert'))
    expect(alert.getByRole('heading').textContent).toBe(
      'Somebody else has changed this order meanwhile',
    )
    expect(alert.getByText(/changed on 2 Mar 2026, 09:30/)).toBeDefined()
    expect(alert.getByText('Placed')).toBeDefined()
    expect(alert.getByText('Leave it at the door')).toBeDefined()
    expect(alert.getByText('€512.34')).toBeDefined()
    expect(alert.getAllByRole('listitem').map((item) => item.textContent)).toEqual([
      '1 × Desk lamp, €12.34',
      '1 × Sofa, €500.00',
    ])
    expect(valueOf(note())).toBe('Mine')
    expect(valueOf(line(1).quantity)).toBe('7')
    expect(lineCount()).toBe(1)
    expect(router.push).not.toHaveBeenCalled()
  })

  it('can be resolved by saving the typed version over the other', async () => {
    const { user, save } = await openConflict()
    expect(screen.queryByRole('button', { name: 'Save order' })).toBeNull()
    await user.click(button('Save mine over theirs'))
    expect(save.sent[1]).toMatchObject({ version: '5', note: 'Mine', 'lines.0.quantity': '7' })
  })

  it('can be resolved by starting again from the other version', async () => {
    const { user, save } = await openConflict()
    await user.click(button('Drop mine and start from theirs'))
    expect(screen.queryByRole('alert')).toBeNull()
    expect(valueOf(note())).toBe('Leave it at the door')
    expect(lineCount()).toBe(2)
    expect(valueOf(line(2).product)).toBe('Sofa')
    expect(orderTotal()).toBe('€512.34')
    await user.click(button('Save order'))
    expect(save.sent[1]).toMatchObject({
      id: 'o1',
      version: '5',
      note: 'Leave it at the door',
      'lines.1.productId': 'sofa',
    })
  })

  it('shows the newest version after another conflict', async () => {
    const { user, save } = await openConflict()
    await user.click(button('Save mine over theirs'))
    await save.accept({ saved: false, theirs: { ...theirs, version: 6, note: 'Third floor' } })
    expect(within(screen.getByRole('alert')).getByText('Third floor')).toBeDefined()
    expect(valueOf(note())).toBe('Mine')
    await user.click(button('Save mine over theirs'))
    expect(save.sent[2]).toMatchObject({ version: '6', note: 'Mine' })
  })

  it('keeps both versions visible when the typed one is refused', async () => {
    const { user, save } = await openConflict()
    await user.click(button('Save mine over theirs'))
    await save.refuse('Please correct the marked fields.', {
      'lines.0.quantity': 'A quantity is at least 1.',
    })
    expect(screen.getByText('Somebody else has changed this order meanwhile')).toBeDefined()
    expect(screen.getByText('Please correct the marked fields.')).toBeDefined()
    expect(screen.getByRole('textbox', { description: 'A quantity is at least 1.' })).toBe(
      line(1).quantity,
    )
    expect(valueOf(note())).toBe('Mine')
  })
})
