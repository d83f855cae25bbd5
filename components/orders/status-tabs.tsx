import { clsx } from 'clsx'
import NextLink from 'next/link'
import { statusNames } from '#components/orders/order-status'
import type { Link } from '#components/ui/link-maker'
import { orderStatuses } from '#db/order-status'

const tabs = [['', 'All'], ['open', 'Open'], ...orderStatuses.map((status) => [status, statusNames[status]])] as [string, string][]

export function StatusTabs({ tab, link }: { tab: string; link: Link }) {
  return (
    <nav aria-label="Orders by status" className="overflow-x-auto border-b border-line px-2 sm:px-3">
      <ul className="flex">
        {tabs.map(([name, label]) => (
          <li key={name}>
            <NextLink
              href={link({ status: name || null })}
              scroll={false}
              aria-current={tab === name ? 'true' : undefined}
              className={clsx(
                'relative block rounded-md px-2.5 py-3 text-sm whitespace-nowrap outline-offset-[-4px]',
                tab === name ? 'font-medium text-ink after:absolute after:inset-x-2.5 after:-bottom-px after:h-0.5 after:bg-accent' : 'text-ink-soft hover:text-ink',
              )}
            >
              {label}
            </NextLink>
          </li>
        ))}
      </ul>
    </nav>
  )
}
