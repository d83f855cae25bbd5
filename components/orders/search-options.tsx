import type { ProductOption } from '#components/orders/order-draft'
import type { Option } from '#components/ui/combobox'
import { fetchOptions } from '#components/ui/fetch-options'

export const searchCustomers = (words: string, signal: AbortSignal) =>
  fetchOptions<Option>('/customers/pick', words, signal)
export const searchProducts = (words: string, signal: AbortSignal) =>
  fetchOptions<ProductOption>('/products/pick', words, signal)
