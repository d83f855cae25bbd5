import { statusNames } from '#components/orders/order-status'
import type { HrefBuilder } from '#components/ui/href-builder'
import { Tabs } from '#components/ui/tabs'
import { orderStatuses } from '#db/product/order-status'

const tabs = [
  ['', 'All'],
  ['open', 'Open'],
  ...orderStatuses.map((status) => [status, statusNames[status]]),
] as [string, string][]

export function StatusTabs({ tab, link }: { tab: string; link: HrefBuilder }) {
  return (
    <Tabs
      label="Orders by status"
      tabs={tabs.map(([name, label]) => ({
        name: label,
        href: link({ status: name || null }),
        current: tab === name,
      }))}
    />
  )
}
