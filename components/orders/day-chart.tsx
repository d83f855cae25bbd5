import { clsx } from 'clsx'
import { calendarDay, count, money, type Formats } from '#components/formats'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import type { DayFigures } from '#db/order-figures'

type Bar = { date: string; revenueMinor: number; orders: number; beforeMinor: number }
type Props = { days: DayFigures[]; before: DayFigures[]; formats: Formats }

const mostBars = 92

export function DayChart({ days, before, formats }: Props) {
  const step = days.length > mostBars ? 7 : 1
  const bars = gather(days, before, step)
  const top = niceTop(Math.max(...bars.map((bar) => Math.max(bar.revenueMinor, bar.beforeMinor)), 1))
  const lines = [1, 0.5, 0]
  return (
    <Card labelledBy="by-day">
      <CardHeader id="by-day" title={step === 1 ? 'Revenue by day' : 'Revenue by week'}>
        <p aria-hidden className="flex items-center gap-4 text-xs text-ink-faint">
          <Key paint="h-2.5 w-2 rounded-[1px] bg-bar">This period</Key>
          <Key paint="h-0.5 w-3 bg-edge">The one before</Key>
        </p>
      </CardHeader>
      <CardBody>
        <div aria-hidden className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3">
          <div className="flex h-48 flex-col xl:h-56 justify-between text-right text-xs text-ink-faint tabular-nums">
            {lines.map((part) => (
              <span key={part} className="-my-2 leading-4">
                {money(top * part, formats, 'compact')}
              </span>
            ))}
          </div>
          <div className="relative h-48 xl:h-56">
            <div className="absolute inset-0 flex flex-col justify-between">
              {lines.map((part) => (
                <div key={part} className={clsx('border-t', part === 0 ? 'border-line-strong' : 'border-line')} />
              ))}
            </div>
            <div className="absolute inset-0 flex">
              {bars.map((bar, i) => (
                <Column key={bar.date} bar={bar} top={top} side={i / bars.length} formats={formats} />
              ))}
            </div>
          </div>
          <p className="col-start-2 mt-2 flex justify-between text-xs text-ink-faint">
            {[bars[0], bars[Math.floor(bars.length / 2)], bars.at(-1)].map((bar, i) => bar && <span key={i}>{calendarDay(bar.date, formats)}</span>)}
          </p>
        </div>
        <DayTable bars={bars} formats={formats} />
      </CardBody>
    </Card>
  )
}

function Column({ bar, top, side, formats }: { bar: Bar; top: number; side: number; formats: Formats }) {
  const height = (bar.revenueMinor / top) * 100
  return (
    <div className="group relative flex-1">
      <svg viewBox="0 0 10 100" preserveAspectRatio="none" className="absolute inset-0 size-full overflow-visible">
        <rect width={10} height={100} className="fill-transparent group-hover:fill-line/50" />
        <rect x={1.5} width={7} y={100 - height} height={height} className="fill-bar" />
        <rect x={0.5} width={9} y={100 - (bar.beforeMinor / top) * 100 - 0.5} height={1} className={bar.beforeMinor > 0 ? 'fill-edge' : 'fill-transparent'} />
      </svg>
      <div
        className={clsx(
          'pointer-events-none absolute -top-2 z-10 hidden w-max -translate-y-full rounded-md border border-line bg-raised px-3 py-2 text-xs shadow-float group-hover:block',
          side < 0.2 ? 'left-0' : side > 0.8 ? 'right-0' : 'left-1/2 -translate-x-1/2',
        )}
      >
        <p className="text-ink-faint">{calendarDay(bar.date, formats, 'long')}</p>
        <p className="text-sm font-semibold tabular-nums">{money(bar.revenueMinor, formats)}</p>
        <p className="text-ink-soft tabular-nums">
          {count(bar.orders, formats)} orders · before {money(bar.beforeMinor, formats)}
        </p>
      </div>
    </div>
  )
}

function DayTable({ bars, formats }: { bars: Bar[]; formats: Formats }) {
  return (
    <div className="sr-only">
    <table>
      <caption>Revenue and orders, compared with the period before</caption>
      <thead>
        <tr>
          {['From', 'Revenue', 'Orders', 'Revenue before'].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {bars.map((bar) => (
          <tr key={bar.date}>
            <th scope="row">{calendarDay(bar.date, formats, 'long')}</th>
            <td>{money(bar.revenueMinor, formats)}</td>
            <td>{count(bar.orders, formats)}</td>
            <td>{money(bar.beforeMinor, formats)}</td>
          </tr>
        ))}
      </tbody>
    </table>
    </div>
  )
}

function Key({ paint, children }: { paint: string; children: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span className={paint} />
      {children}
    </span>
  )
}

function gather(days: DayFigures[], before: DayFigures[], step: number): Bar[] {
  const sum = (part: DayFigures[], what: 'orders' | 'revenueMinor') => part.reduce((total, day) => total + day[what], 0)
  return Array.from({ length: Math.ceil(days.length / step) }, (_, i) => {
    const [now, then] = [days, before].map((all) => all.slice(i * step, (i + 1) * step))
    return { date: now?.[0]?.date ?? '', revenueMinor: sum(now ?? [], 'revenueMinor'), orders: sum(now ?? [], 'orders'), beforeMinor: sum(then ?? [], 'revenueMinor') }
  })
}

/** The next 1, 2, 2.5 or 5 of its power of ten. */
function niceTop(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most))
  return ([1, 2, 2.5, 5].find((step) => step * power >= most) ?? 10) * power
}
