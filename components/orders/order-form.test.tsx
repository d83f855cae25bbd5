import { screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { NewOrder } from '#components/orders/new-order'
import { stubPickers, choose, line, lineCount, orderTotal } from '#components/testing/orders'
import {
  dataOf,
  isDisabled,
  isInvalid,
  renderPage,
  fakeAction,
  valueOf,
} from '#components/testing/page'

function openForm({ mayCreate = true } = {}) {
  const requests = stubPickers()
  const save = fakeAction()
  const createCustomer = fakeAction<{ id: string; name: string }>()
  const page = renderPage(
    <NewOrder
      customer={null}
      action={save.action}
      createCustomer={mayCreate ? createCustomer.action : null}
    />,
  )
  return { ...page, save, createCustomer, requests }
}

const form = () => screen.getByRole('form', { name: 'Order' })
const who = () => screen.getByRole('combobox', { name: 'Who orders' })
const button = (name: string) => screen.getByRole('button', { name })
const addLine = () => button('Add a line')
const note = () => screen.getByRole('textbox', { name: /^Note/ })

describe('the lines', () => {
  it('start with an empty line, which cannot be removed and is not sent', () => {
    openForm()
    expect(lineCount()).toBe(1)
    expect(isDisabled(line(1).remove)).toBe(true)
    expect(line(1).total).toBe('–')
    expect(orderTotal()).toBe('€0.00')
    expect(Object.keys(dataOf(form())).filter((name) => name.startsWith('lines'))).toEqual([])
  })

  it('take the price of the chosen product, and focus its quantity', async () => {
    const { user } = openForm()
    await choose(user, line(1).product, 'lamp')
    expect(valueOf(line(1).price)).toBe('12.34')
    await waitFor(() => expect(document.activeElement).toBe(line(1).quantity))
    // focus selects the default 1, so typing replaces it
    await user.keyboard('3')
    expect(valueOf(line(1).quantity)).toBe('3')
    expect(line(1).total).toBe('€37.02')
    expect(orderTotal()).toBe('€37.02')
    expect(dataOf(form())).toMatchObject({
      'lines.0.productId': 'lamp',
      'lines.0.quantity': '3',
      'lines.0.unitPrice': '12.34',
    })
  })

  it('can be filled by keyboard alone: Enter in the last line adds another', async () => {
    const { user } = openForm()
    await choose(user, line(1).product, 'lamp')
    await waitFor(() => expect(document.activeElement).toBe(line(1).quantity))
    await user.keyboard('2{Enter}')
    expect(lineCount()).toBe(2)
    await waitFor(() => expect(document.activeElement).toBe(line(2).product))
    await choose(user, line(2).product, 'sofa')
    await waitFor(() => expect(document.activeElement).toBe(line(2).quantity))
    expect(orderTotal()).toBe('€524.68')

    await user.click(line(1).price)
    await user.keyboard('{Enter}')
    await waitFor(() => expect(document.activeElement).toBe(line(2).product))
    expect(lineCount()).toBe(2)
  })

  it('are added with a button, which focuses the new line’s product', async () => {
    const { user } = openForm()
    await user.click(addLine())
    expect(lineCount()).toBe(2)
    await waitFor(() => expect(document.activeElement).toBe(line(2).product))
  })

  it('are renumbered when one is removed, and the total follows', async () => {
    const { user } = openForm()
    await choose(user, line(1).product, 'lamp')
    await user.click(addLine())
    await choose(user, line(2).product, 'sofa')
    await user.click(addLine())
    await choose(user, line(3).product, 'chair')
    await user.click(line(2).remove)
    expect(lineCount()).toBe(2)
    expect(valueOf(line(2).product)).toBe('Chair')
    expect(orderTotal()).toBe('€111.34')
    const data = dataOf(form())
    expect([data['lines.0.productId'], data['lines.1.productId']]).toEqual(['lamp', 'chair'])
    expect(data).not.toHaveProperty('lines.2.productId')
  })

  it('are numbered without empty lines between them', async () => {
    const { user } = openForm()
    await user.click(addLine())
    await choose(user, line(2).product, 'sofa')
    expect(dataOf(form())).toMatchObject({ 'lines.0.productId': 'sofa' })
    expect(dataOf(form())).not.toHaveProperty('lines.1.productId')
  })

  it.each([
    ['0', '12.34'],
    ['1.5', '12.34'],
    ['two', '12.34'],
    ['2', '12.345'],
    ['2', '-1'],
  ])(
    'show no total for %s × %s, but send it, so that the server refuses it',
    async (quantity, price) => {
      const { user } = openForm()
      await choose(user, line(1).product, 'lamp')
      await user.clear(line(1).quantity)
      await user.type(line(1).quantity, quantity)
      await user.clear(line(1).price)
      await user.type(line(1).price, price)
      expect(line(1).total).toBe('–')
      expect(orderTotal()).toBe('€0.00')
      expect(dataOf(form())).toMatchObject({
        'lines.0.quantity': quantity,
        'lines.0.unitPrice': price,
      })
    },
  )

  it('send a name that is not a product, so that the server refuses it', async () => {
    const { user } = openForm()
    await choose(user, line(1).product, 'lamp')
    await user.click(addLine())
    await user.click(line(2).product)
    await user.keyboard('Pianoforte')
    await user.tab()
    expect(dataOf(form())).toMatchObject({ 'lines.1.productId': '', 'lines.1.quantity': '1' })
    await user.clear(line(2).product)
    expect(dataOf(form())).not.toHaveProperty('lines.1.productId')
  })
})

describe('a refusal', () => {
  async function refuseSecondLine() {
    const page = openForm()
    await choose(page.user, line(1).product, 'lamp')
    await page.user.click(addLine())
    await choose(page.user, line(2).product, 'sofa')
    await page.user.clear(line(2).quantity)
    await page.user.type(line(2).quantity, '100001')
    await page.user.click(button('Place order'))
    await page.save.refuse('Please correct the marked fields.', {
      'lines.1.quantity': 'A quantity is at most 100,000.',
    })
    return page
  }

  it('is shown at the field of its line, which gets the focus', async () => {
    await refuseSecondLine()
    expect(screen.getByRole('alert').textContent).toBe('Please correct the marked fields.')
    const refused = screen.getByRole('textbox', { description: 'A quantity is at most 100,000.' })
    expect(refused).toBe(line(2).quantity)
    expect(isInvalid(refused)).toBe(true)
    expect(document.activeElement).toBe(refused)
    expect(isInvalid(line(1).quantity)).toBe(false)
    expect(isInvalid(line(2).price)).toBe(false)
  })

  it('keeps the typed lines', async () => {
    await refuseSecondLine()
    expect(valueOf(line(1).product)).toBe('Desk lamp')
    expect(valueOf(line(2).product)).toBe('Sofa')
    expect(valueOf(line(2).quantity)).toBe('100001')
  })

  it('stays at its line when an earlier line is removed', async () => {
    const { user } = await refuseSecondLine()
    await user.click(line(1).remove)
    expect(valueOf(line(1).product)).toBe('Sofa')
    expect(isInvalid(line(1).quantity)).toBe(true)
    expect(within(line(1).group).getByText('A quantity is at most 100,000.')).toBeDefined()
  })

  it('disappears with its line, and does not come back on a new one', async () => {
    const { user } = await refuseSecondLine()
    await user.click(line(2).remove)
    expect(screen.queryByText('A quantity is at most 100,000.')).toBeNull()
    await user.click(addLine())
    await choose(user, line(2).product, 'chair')
    expect(screen.queryByText('A quantity is at most 100,000.')).toBeNull()
  })

  it('can mark the product and the price', async () => {
    const { user, save } = openForm()
    await user.type(line(1).price, '1.234')
    await user.click(button('Place order'))
    await save.refuse('Please correct the marked fields.', {
      'lines.0.productId': 'Choose a product.',
      'lines.0.unitPrice': 'EUR has 2 decimals; type an amount such as 12.34.',
    })
    expect(screen.getByRole('combobox', { description: 'Choose a product.' })).toBe(line(1).product)
    expect(screen.getByRole('textbox', { description: /^EUR has 2 decimals/ })).toBe(line(1).price)
    expect(document.activeElement).toBe(line(1).product)
  })

  it('of too many lines is shown at the lines', async () => {
    const { user, save } = openForm()
    await choose(user, line(1).product, 'lamp')
    await user.click(button('Place order'))
    await save.refuse('Please correct the marked fields.', {
      lines: 'An order has at most 200 lines.',
    })
    const lines = screen.getByRole('group', {
      name: 'Lines',
      description: 'An order has at most 200 lines.',
    })
    expect(within(lines).getByText('An order has at most 200 lines.')).toBeDefined()
    expect(document.activeElement).toBe(screen.getByRole('alert'))
  })

  it('of the customer is shown at the customer, beside the hint', async () => {
    const { user, save } = openForm()
    await user.type(note(), 'Ring twice')
    await user.click(button('Place order'))
    await save.refuse('Please correct the marked fields.', { customerId: 'Choose a customer.' })
    expect(isInvalid(who())).toBe(true)
    expect(document.activeElement).toBe(who())
    expect(screen.getByRole('combobox', { description: /^Choose a customer\. Type a name/ })).toBe(
      who(),
    )
    expect(valueOf(note())).toBe('Ring twice')
  })
})

describe('sending', () => {
  it('sends the whole order, with the tenant of the page', async () => {
    const { user, save } = openForm()
    await choose(user, who(), 'ada')
    await choose(user, line(1).product, 'lamp')
    await user.type(note(), 'Ring twice')
    await user.click(button('Place order'))
    expect(save.sent).toEqual([
      {
        _tenant: 'acme',
        customerId: 'ada',
        'lines.0.productId': 'lamp',
        'lines.0.quantity': '1',
        'lines.0.unitPrice': '12.34',
        note: 'Ring twice',
        status: 'placed',
      },
    ])
  })

  it('saves a draft with the other button', async () => {
    const { user, save } = openForm()
    await user.click(button('Save as draft'))
    expect(save.sent).toMatchObject([{ status: 'draft' }])
  })

  it('sends once, and disables both buttons while the response is pending', async () => {
    const { user, save } = openForm()
    await user.dblClick(button('Place order'))
    await user.click(button('Save as draft'))
    expect(save.sent).toHaveLength(1)
    expect(isDisabled(button('Place order'))).toBe(true)
    expect(isDisabled(button('Save as draft'))).toBe(true)
    await save.refuse('Members cannot do this.')
    expect(isDisabled(button('Place order'))).toBe(false)
  })
})

describe('a customer', () => {
  it('is searched by the typed text', async () => {
    const { user, requests } = openForm()
    await user.type(who(), 'a&b')
    await waitFor(() => expect(requests).toContain('/customers/pick?q=a%26b'))
  })

  it('can be created in a dialog, and is then chosen', async () => {
    const { user, createCustomer, save } = openForm()
    await choose(user, line(1).product, 'lamp')
    await user.type(who(), 'Grace')
    await user.click(await screen.findByRole('option', { name: 'Create “Grace”' }))
    const dialog = screen.getByRole('dialog', { name: 'New customer' })
    const name = within(dialog).getByRole('textbox', { name: 'Name' })
    expect(valueOf(name)).toBe('Grace')
    await user.type(name, ' Hopper')
    await user.click(button('Create customer'))
    expect(createCustomer.sent).toMatchObject([{ name: 'Grace Hopper', _tenant: 'acme' }])
    await createCustomer.accept({ id: 'grace', name: 'Grace Hopper' })

    expect(screen.queryByRole('dialog')).toBeNull()
    expect(screen.getByText('Grace Hopper is a customer now.')).toBeDefined()
    expect(valueOf(who())).toBe('Grace Hopper')
    await user.click(button('Place order'))
    expect(save.sent).toMatchObject([{ customerId: 'grace', 'lines.0.productId': 'lamp' }])
  })

  it('cannot be created without the permission', async () => {
    const { user } = openForm({ mayCreate: false })
    await user.type(who(), 'Grace')
    expect((await screen.findByRole('status')).textContent).toBe('Nothing fits.')
    expect(screen.queryByRole('option')).toBeNull()
  })
})
