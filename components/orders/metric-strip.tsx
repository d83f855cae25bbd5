import { clsx } from 'clsx'
import { formatChange, formatCount, formatMoney, type Formats } from '#components/formats'
import { Card } from '#components/ui/card'
import type { OrderMetrics } from '#db/product/order-metrics'

export function MetricStrip({
  now,
  before,
  formats,
}: {
  now: OrderMetrics
  before: OrderMetrics
  formats: Formats
}) {
  return (
    <Card>
      <dl className="grid grid-cols-2 lg:grid-cols-4 [&>*]:border-line max-lg:[&>*:nth-child(even)]:border-l max-lg:[&>*:nth-child(n+3)]:border-t lg:[&>*+*]:border-l">
        <Metric
          name="Revenue"
          value={formatMoney(now.revenueMinor, formats)}
          previous={formatMoney(before.revenueMinor, formats)}
          change={changeOf(now.revenueMinor, before.revenueMinor, formats)}
        />
        <Metric
          name="Orders"
          value={formatCount(now.orders, formats)}
          previous={formatCount(before.orders, formats)}
          change={changeOf(now.orders, before.orders, formats)}
        />
        <Metric
          name="Average order"
          value={formatMoney(now.averageMinor, formats)}
          previous={formatMoney(before.averageMinor, formats)}
          change={changeOf(now.averageMinor, before.averageMinor, formats)}
        />
        <Metric
          name="Open"
          value={formatCount(now.open, formats)}
          previous={formatCount(before.open, formats)}
          previousLabel="left from before:"
          change={null}
        />
      </dl>
    </Card>
  )
}

type MetricChange = { text: string; direction: 'up' | 'down' | 'none' }

/** Null where there is nothing to compare with. */
function changeOf(now: number, before: number, formats: Formats): MetricChange | null {
  const text = formatChange(now, before, formats)
  if (text === null) return null
  // less than half a percent is shown as 0%
  if (Math.abs((now - before) / before) < 0.005) return { text, direction: 'none' }
  return { text, direction: now > before ? 'up' : 'down' }
}

const directionColors: Record<MetricChange['direction'], string> = {
  up: 'text-accent',
  down: 'text-danger',
  none: 'text-ink-soft',
}

function Metric({
  name,
  value,
  previous,
  previousLabel = 'from',
  change,
}: {
  name: string
  value: string
  previous: string
  previousLabel?: string
  change: MetricChange | null
}) {
  return (
    <div className="min-w-0 px-4 py-3.5 sm:px-5 sm:py-4">
      <dt className="text-sm text-ink-soft">{name}</dt>
      <dd className="mt-1 truncate text-xl font-semibold tracking-tight tabular-nums sm:text-2xl">
        {value}
      </dd>
      <dd className="mt-1 flex flex-wrap gap-x-1.5 text-sm text-ink-faint tabular-nums">
        {change && (
          <span className={clsx('font-medium', directionColors[change.direction])}>
            {change.text}
          </span>
        )}
        <span>
          <span className={clsx(change && 'max-sm:sr-only')}>{previousLabel}</span> {previous}
        </span>
      </dd>
    </div>
  )
}
