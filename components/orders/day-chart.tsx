import { formatCalendarDate, formatCount, formatMoney, type Formats } from '#components/formats'
import { DayBars, type DayBar } from '#components/orders/day-bars'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import type { DayMetrics } from '#db/product/order-metrics'

type BarTotals = { date: string; revenueMinor: number; orders: number; beforeMinor: number }
type Props = { days: DayMetrics[]; before: DayMetrics[]; formats: Formats }

const maxBars = 92
/** In minor units. With a smaller top, rounding would give two grid lines the same label. */
const minTop = 200

export function DayChart({ days, before, formats }: Props) {
  const step = days.length > maxBars ? 7 : 1
  const sums = sumBars(days, before, step)
  const top = niceTop(
    Math.max(...sums.map((sum) => Math.max(sum.revenueMinor, sum.beforeMinor)), minTop),
  )
  const bars = sums.map(({ date, revenueMinor, orders, beforeMinor }): DayBar => ({
    day: formatCalendarDate(date, formats, 'long'),
    height: heightOf(revenueMinor, top),
    beforeHeight: heightOf(beforeMinor, top),
    revenue: formatMoney(revenueMinor, formats),
    orders: formatCount(orders, formats),
    ordersText: `${formatCount(orders, formats)} ${orders === 1 ? 'order' : 'orders'}`,
    before: formatMoney(beforeMinor, formats),
  }))
  return (
    <Card labelledBy="by-day">
      <CardHeader id="by-day" title={step === 1 ? 'Revenue by day' : 'Revenue by week'}>
        <p aria-hidden className="flex items-center gap-4 text-xs text-ink-faint">
          <LegendItem paint="h-2.5 w-2 rounded-[1px] bg-bar">This period</LegendItem>
          <LegendItem paint="h-0.5 w-3 bg-edge">The one before</LegendItem>
        </p>
      </CardHeader>
      <CardBody>
        <DayBars
          bars={bars}
          scale={[1, 0.5, 0].map((line) => formatMoney(Math.round(top * line), formats, 'compact'))}
          dateLabels={[sums[0], sums[Math.floor(sums.length / 2)], sums.at(-1)].map((sum) =>
            sum ? formatCalendarDate(sum.date, formats) : '',
          )}
        />
      </CardBody>
    </Card>
  )
}

function LegendItem({ paint, children }: { paint: string; children: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span className={paint} />
      {children}
    </span>
  )
}

/** Percent of the chart's height, to one decimal. */
const heightOf = (minor: number, top: number) => Math.round((minor / top) * 1000) / 10

function sumBars(days: DayMetrics[], before: DayMetrics[], step: number): BarTotals[] {
  const sum = (part: DayMetrics[], what: 'orders' | 'revenueMinor') =>
    part.reduce((total, day) => total + day[what], 0)
  return Array.from({ length: Math.ceil(days.length / step) }, (_, i) => {
    const [now, then] = [days, before].map((all) => all.slice(i * step, (i + 1) * step))
    return {
      date: now?.[0]?.date ?? '',
      revenueMinor: sum(now ?? [], 'revenueMinor'),
      orders: sum(now ?? [], 'orders'),
      beforeMinor: sum(then ?? [], 'revenueMinor'),
    }
  })
}

/** The next higher 1, 2, 2.5, 5 or 10 times a power of ten. */
function niceTop(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most))
  return ([1, 2, 2.5, 5].find((step) => step * power >= most) ?? 10) * power
}
