import type { ProductOption } from '#components/orders/order-draft'
import type { Option } from '#components/ui/combobox'

async function ask<T>(path: string, words: string, signal: AbortSignal): Promise<T[]> {
  const answer = await fetch(`${path}?q=${encodeURIComponent(words)}`, {
    signal,
    headers: { accept: 'application/json' },
  })
  return answer.ok ? ((await answer.json()) as T[]) : []
}

export const pickCustomer = (words: string, signal: AbortSignal) =>
  ask<Option>('/customers/pick', words, signal)
export const pickProduct = (words: string, signal: AbortSignal) =>
  ask<ProductOption>('/products/pick', words, signal)
