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
          was={formatMoney(before.revenueMinor, formats)}
          change={formatChange(now.revenueMinor, before.revenueMinor, formats)}
        />
        <Metric
          name="Orders"
          value={formatCount(now.orders, formats)}
          was={formatCount(before.orders, formats)}
          change={formatChange(now.orders, before.orders, formats)}
        />
        <Metric
          name="Average order"
          value={formatMoney(now.averageMinor, formats)}
          was={formatMoney(before.averageMinor, formats)}
          change={formatChange(now.averageMinor, before.averageMinor, formats)}
        />
        <Metric
          name="Open"
          value={formatCount(now.open, formats)}
          was={formatCount(before.open, formats)}
          word="left from before:"
          change={null}
        />
      </dl>
    </Card>
  )
}

function Metric({
  name,
  value,
  was,
  word = 'from',
  change,
}: {
  name: string
  value: string
  was: string
  word?: string
  change: string | null
}) {
  const up = change?.startsWith('+')
  const down = change !== null && /^[-−‐]/.test(change.replace(/[\u200e\u200f]/g, ''))
  return (
    <div className="min-w-0 px-4 py-3.5 sm:px-5 sm:py-4">
      <dt className="text-sm text-ink-soft">{name}</dt>
      <dd className="mt-1 truncate text-xl font-semibold tracking-tight tabular-nums sm:text-2xl">
        {value}
      </dd>
      <dd className="mt-1 flex flex-wrap gap-x-1.5 text-sm text-ink-faint tabular-nums">
        {change && (
          <span
            className={clsx(
              'font-medium',
              up ? 'text-accent' : down ? 'text-danger' : 'text-ink-soft',
            )}
          >
            {change}
          </span>
        )}
        <span>
          <span className={clsx(change && 'max-sm:sr-only')}>{word}</span> {was}
        </span>
      </dd>
    </div>
  )
}
