import { describe, expect, it } from 'vitest'
import {
  draftOf,
  emptyLine,
  isEmpty,
  lineTotal,
  type DraftLine,
} from '#components/orders/order-draft'

const line = (change: Partial<DraftLine>): DraftLine => ({ ...emptyLine(), ...change })
const lamp = { value: 'p1', label: 'Desk lamp', priceMinor: 1234 }

describe('an empty line', () => {
  it('has a quantity of one and a unique key', () => {
    expect(emptyLine()).toMatchObject({ key: 0, quantity: '1', product: null, unitPrice: '' })
    expect(emptyLine([line({ key: 4 }), line({ key: 2 })]).key).toBe(5)
  })

  it.each([
    ['a product', { product: lamp }],
    ['a name that is no product yet', { typed: 'Des' }],
    ['a price', { unitPrice: '1' }],
  ])('is no longer empty with %s', (_, change) => {
    expect(isEmpty(emptyLine())).toBe(true)
    expect(isEmpty(line(change))).toBe(false)
  })
})

describe('the total of a line', () => {
  it.each([
    ['3', '12.34', 3702],
    ['1', '0.10', 10],
    ['100000', '0,07', 700_000],
    ['2', '0', 0],
  ])('%s × %s', (quantity, unitPrice, minor) => {
    expect(lineTotal(line({ quantity, unitPrice }), 'EUR')).toBe(minor)
  })

  it.each([
    ['no quantity', '', '1'],
    ['a quantity of zero', '0', '1'],
    ['a negative quantity', '-1', '1'],
    ['a fraction', '1.5', '1'],
    ['a word', 'two', '1'],
    ['no price', '1', ''],
    ['a price below zero', '1', '-1'],
    ['more decimals than the currency has', '1', '1.234'],
  ])('is not known with %s', (_, quantity, unitPrice) => {
    expect(lineTotal(line({ quantity, unitPrice }), 'EUR')).toBeNull()
  })

  it('follows the decimals of the currency', () => {
    expect(lineTotal(line({ quantity: '2', unitPrice: '150' }), 'JPY')).toBe(300)
    expect(lineTotal(line({ quantity: '2', unitPrice: '1.234' }), 'KWD')).toBe(2468)
  })
})

it('starts from the order, with its own prices as text', () => {
  const draft = draftOf(
    {
      note: 'Ring twice',
      customer: { id: 'c1', name: 'Ada', email: 'ada@acme.example' },
      lines: [
        { productId: 'p1', description: 'Desk lamp', sku: 'L-1', quantity: 2, unitPriceMinor: 999 },
        { productId: 'p2', description: 'Sofa', sku: 'S-1', quantity: 1, unitPriceMinor: 50_000 },
      ],
    },
    'EUR',
  )
  expect(draft.note).toBe('Ring twice')
  expect(draft.customer).toEqual({ value: 'c1', label: 'Ada', hint: 'ada@acme.example' })
  expect(draft.lines.map(({ key, quantity, unitPrice }) => [key, quantity, unitPrice])).toEqual([
    [0, '2', '9.99'],
    [1, '1', '500.00'],
  ])
  expect(draft.lines.map((one) => lineTotal(one, 'EUR'))).toEqual([1998, 50_000])
})
