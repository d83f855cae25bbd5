import type { Option } from '#components/ui/combobox'
import { decimalText, parseMinor } from '#db/money'

export type ProductOption = Option & { priceMinor: number }
export type DraftLine = {
  key: number
  product: ProductOption | null
  /** The text in the product field while no product is chosen. */
  typed: string
  quantity: string
  unitPrice: string
}
/** An order in the form, as text. */
export type Draft = { customer: Option | null; note: string; lines: DraftLine[] }

export const emptyLine = (beside: DraftLine[] = []): DraftLine => ({
  key: Math.max(-1, ...beside.map((line) => line.key)) + 1,
  product: null,
  typed: '',
  quantity: '1',
  unitPrice: '',
})
export const isEmpty = (line: DraftLine) =>
  line.product === null && line.typed.trim() === '' && line.unitPrice === ''

type KnownOrder = {
  note: string
  customer: { id: string; name: string; email: string }
  lines: {
    productId: string
    description: string
    sku: string
    quantity: number
    unitPriceMinor: number
  }[]
}

export const draftOf = (order: KnownOrder, currency: string): Draft => ({
  customer: { value: order.customer.id, label: order.customer.name, hint: order.customer.email },
  note: order.note,
  lines: order.lines.map((line, key) => ({
    key,
    product: {
      value: line.productId,
      label: line.description,
      hint: line.sku,
      priceMinor: line.unitPriceMinor,
    },
    typed: '',
    quantity: String(line.quantity),
    unitPrice: decimalText(line.unitPriceMinor, currency),
  })),
})

/** In minor units; null while quantity or price is not a valid number. */
export function lineTotal(line: DraftLine, currency: string): number | null {
  const price = parseMinor(line.unitPrice, currency)
  const quantity = Number(line.quantity)
  return price.ok && Number.isInteger(quantity) && quantity > 0 ? price.minor * quantity : null
}
