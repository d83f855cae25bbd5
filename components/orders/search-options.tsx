import type { ProductOption } from '#components/orders/order-draft'
import type { Option } from '#components/ui/combobox'

async function fetchOptions<T>(path: string, words: string, signal: AbortSignal): Promise<T[]> {
  const answer = await fetch(`${path}?q=${encodeURIComponent(words)}`, {
    signal,
    headers: { accept: 'application/json' },
  })
  return answer.ok ? ((await answer.json()) as T[]) : []
}

export const searchCustomers = (words: string, signal: AbortSignal) =>
  fetchOptions<Option>('/customers/pick', words, signal)
export const searchProducts = (words: string, signal: AbortSignal) =>
  fetchOptions<ProductOption>('/products/pick', words, signal)
