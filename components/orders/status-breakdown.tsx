import type { HrefBuilder } from '#components/ui/href-builder'
import Link from 'next/link'
import { formatCount, formatMoney, type Formats } from '#components/formats'
import { statusFill, StatusText } from '#components/orders/order-status'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import type { StatusMetrics } from '#db/product/order-metrics'

type Props = { all: StatusMetrics[]; formats: Formats; link: HrefBuilder }

export function StatusBreakdown({ all, formats, link }: Props) {
  const total = all.reduce((sum, one) => sum + one.orders, 0)
  return (
    <Card labelledBy="by-status">
      <CardHeader id="by-status" title="By status" />
      <CardBody className="grid gap-3">
        <StackedBar all={all} total={total} />
        <ul className="-mx-2 grid">
          {all.map(({ status, orders, totalMinor }) => (
            <li key={status}>
              <Link
                href={link({ status })}
                scroll={false}
                prefetch={false}
                className="grid h-9 xl:h-10 grid-cols-[1fr_auto_6.5rem] items-center gap-3 rounded-md px-2 text-sm tabular-nums hover:bg-sunken"
              >
                <StatusText status={status} />
                <span>{formatCount(orders, formats)}</span>
                <span className="truncate text-right text-ink-faint">
                  {formatMoney(totalMinor, formats, totalMinor > 1e8 ? 'compact' : 'standard')}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      </CardBody>
    </Card>
  )
}

function StackedBar({ all, total }: { all: StatusMetrics[]; total: number }) {
  let x = 0
  const parts = all
    .filter((one) => one.orders > 0)
    .map((one) => {
      const width = (one.orders / total) * 100
      x += width
      return { status: one.status, x: x - width, width }
    })
  return (
    <svg
      viewBox="0 0 100 8"
      preserveAspectRatio="none"
      aria-hidden
      className="h-2.5 w-full overflow-hidden rounded-full bg-line"
    >
      {parts.map(({ status, x, width }) => (
        <rect
          key={status}
          x={x}
          width={Math.max(0.4, width - 0.5)}
          height={8}
          className={statusFill(status)}
        />
      ))}
    </svg>
  )
}
