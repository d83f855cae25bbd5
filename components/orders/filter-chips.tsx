import { X } from 'lucide-react'
import type { Route } from 'next'
import NextLink from 'next/link'
import type { OrderListParams } from '#app/_orders/search-params'
import { formatCalendarDate, formatMoney, type Formats } from '#components/formats'
import type { HrefBuilder } from '#components/ui/href-builder'

type Props = {
  address: OrderListParams
  customer: string | null
  formats: Formats
  link: HrefBuilder
}

/** The active filters, each with a link that removes it. */
export function FilterChips({ address, customer, formats, link }: Props) {
  const { filter, params, period, allTime } = address
  const chips: { label: string; removeHref: Route }[] = []
  if (address.q) chips.push({ label: `“${address.q}”`, removeHref: link({ q: null }) })
  if (params.customer)
    chips.push({
      label: `Customer: ${customer ?? 'unknown'}`,
      removeHref: link({ customer: null }),
    })
  if (filter.minTotalMinor !== null)
    chips.push({
      label: `From ${formatMoney(filter.minTotalMinor, formats)}`,
      removeHref: link({ min: null }),
    })
  if (filter.maxTotalMinor !== null)
    chips.push({
      label: `Up to ${formatMoney(filter.maxTotalMinor, formats)}`,
      removeHref: link({ max: null }),
    })
  if (period.name === 'custom')
    chips.push({
      label: `${formatCalendarDate(period.first, formats)} – ${formatCalendarDate(period.last, formats)}`,
      removeHref: link({ from: null, to: null }),
    })
  if (chips.length === 0) return null
  return (
    <ul aria-label="Filters" className="flex flex-wrap items-center gap-1.5 px-4 pb-3 sm:px-5">
      {chips.map(({ label, removeHref }) => (
        <li key={label} className="max-w-full">
          <NextLink
            href={removeHref}
            scroll={false}
            prefetch={false}
            className="flex h-7 max-w-full items-center gap-1 rounded-full border border-line-strong bg-raised pr-2 pl-3 text-sm hover:bg-sunken"
          >
            <span className="truncate">{label}</span>
            <X aria-hidden className="size-3.5 text-ink-faint" />
            <span className="sr-only">: take this filter off</span>
          </NextLink>
        </li>
      ))}
      {allTime && <li className="px-1 text-sm text-ink-faint">in all time</li>}
    </ul>
  )
}
