import { ReceiptText, type LucideIcon } from 'lucide-react'
import type { Route } from 'next'

export type Place = { href: Route; label: string; icon: LucideIcon; key: string; onPhone: boolean }

/** Where one can go inside a tenant. `key` after "g" is the shortcut; `onPhone` are the four at the thumb. */
export const places: Place[] = [
  { href: '/orders', label: 'Orders', icon: ReceiptText, key: 'o', onPhone: true },
]
