import {
  Activity,
  Box,
  House,
  ReceiptText,
  Settings,
  ShieldCheck,
  UserCog,
  UsersRound,
  type LucideIcon,
} from 'lucide-react'
import type { Route } from 'next'

export type NavItem = {
  href: Route
  label: string
  icon: LucideIcon
  key: string
  onPhone: boolean
}

/**
 * The main navigation. `key` is the second key of the shortcut after `G`; `onPhone` items are in the
 * bottom bar on a phone.
 */
export const navItems: NavItem[] = [
  { href: '/overview', label: 'Overview', icon: House, key: 'h', onPhone: true },
  { href: '/orders', label: 'Orders', icon: ReceiptText, key: 'o', onPhone: true },
  { href: '/customers', label: 'Customers', icon: UsersRound, key: 'c', onPhone: true },
  { href: '/products', label: 'Products', icon: Box, key: 'p', onPhone: true },
  { href: '/activity', label: 'Activity', icon: Activity, key: 'a', onPhone: false },
  { href: '/isolation', label: 'Isolation', icon: ShieldCheck, key: 'i', onPhone: false },
  { href: '/members', label: 'Members', icon: UserCog, key: 'm', onPhone: false },
  { href: '/settings', label: 'Settings', icon: Settings, key: 's', onPhone: false },
]
