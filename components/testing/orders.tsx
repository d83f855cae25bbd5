import { screen, waitFor, within } from '@testing-library/react'
import type { UserEvent } from '@testing-library/user-event'
import { expect } from 'vitest'
import { stubFetch } from '#components/testing/page'

const products = [
  { value: 'lamp', label: 'Desk lamp', hint: 'L-1', priceMinor: 1234 },
  { value: 'sofa', label: 'Sofa', hint: 'S-1', priceMinor: 50_000 },
  { value: 'chair', label: 'Chair', hint: 'C-1', priceMinor: 9900 },
]
const customers = [
  { value: 'ada', label: 'Ada', hint: 'ada@acme.example' },
  { value: 'bob', label: 'Bob', hint: 'bob@acme.example' },
]
const matching = <T extends { label: string }>(all: T[]) => {
  return (words: string) =>
    all.filter(({ label }) => label.toLowerCase().includes(words.toLowerCase()))
}

/** Answers the searches of the order form. */
export const stubPickers = () =>
  stubFetch({ '/products/pick': matching(products), '/customers/pick': matching(customers) })

export const line = (position: number) => {
  const inLine = within(screen.getByRole('group', { name: `Line ${position}` }))
  return {
    group: screen.getByRole('group', { name: `Line ${position}` }),
    product: inLine.getByRole('combobox', { name: 'Product' }),
    quantity: inLine.getByRole('textbox', { name: 'Quantity' }),
    price: inLine.getByRole('textbox', { name: 'Unit price' }),
    remove: inLine.getByRole('button', { name: `Remove line ${position}` }),
    total: inLine.getByText('Line total').parentElement?.textContent.replace('Line total ', ''),
  }
}

export const lineCount = () => screen.getAllByRole('group', { name: /^Line / }).length

/** The order's total, as it is announced. */
export const orderTotal = () =>
  screen.getByText('Total', { selector: '[aria-live=polite] *' }).nextElementSibling?.textContent

/** Types into a combobox and picks the first option. */
export async function choose(user: UserEvent, box: HTMLElement, words: string) {
  await user.click(box)
  await user.keyboard(words)
  await screen.findAllByRole('option', { name: new RegExp(words, 'i') })
  await user.keyboard('{Enter}')
  await waitFor(() => expect(screen.queryByRole('listbox')).toBeNull())
}
