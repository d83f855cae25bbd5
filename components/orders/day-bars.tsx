'use client'

import { clsx } from 'clsx'
import { useState, type PointerEvent } from 'react'

export type DayBar = {
  day: string
  revenue: string
  /** The number alone, and with its unit. */
  orders: string
  ordersText: string
  before: string
  height: number
  beforeHeight: number
}
type Props = { bars: DayBar[]; scale: string[]; dateLabels: string[] }

/** A bar chart in two SVG paths, with a tooltip for the hovered bar and a table for screen readers. */
export function DayBars({ bars, scale, dateLabels }: Props) {
  const [at, setAt] = useState<number | null>(null)
  const bar = at === null ? undefined : bars[at]

  function point({ clientX, currentTarget }: PointerEvent) {
    const { left, width } = currentTarget.getBoundingClientRect()
    setAt(
      Math.max(0, Math.min(bars.length - 1, Math.floor(((clientX - left) / width) * bars.length))),
    )
  }

  return (
    <>
      <div aria-hidden className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 max-sm:mt-2">
        <div className="flex h-48 flex-col justify-between text-right text-xs text-ink-faint tabular-nums xl:h-56">
          {scale.map((line, i) => (
            <span key={i} className="-my-2 leading-4">
              {line}
            </span>
          ))}
        </div>
        <div
          className="relative h-48 touch-pan-y xl:h-56"
          onPointerMove={point}
          onPointerDown={point}
          onPointerLeave={() => setAt(null)}
        >
          <ScaleLines scale={scale} />
          <Bars bars={bars} at={at} />
          {bar && at !== null && <Tooltip bar={bar} position={(at + 0.5) / bars.length} />}
        </div>
        <p className="col-start-2 mt-2 flex justify-between text-xs text-ink-faint">
          {dateLabels.map((label, i) => (
            <span key={i}>{label}</span>
          ))}
        </p>
      </div>
      <DayTable bars={bars} />
    </>
  )
}

function ScaleLines({ scale }: Pick<Props, 'scale'>) {
  return (
    <div className="absolute inset-0 flex flex-col justify-between">
      {scale.map((_, i) => (
        <div
          key={i}
          className={clsx(
            'border-t',
            i === scale.length - 1 ? 'border-line-strong' : 'border-line',
          )}
        />
      ))}
    </div>
  )
}

function Bars({ bars, at }: { bars: DayBar[]; at: number | null }) {
  return (
    <svg
      viewBox={`0 0 ${bars.length * 10} 100`}
      preserveAspectRatio="none"
      className="absolute inset-0 size-full"
    >
      {at !== null && <rect x={at * 10} width={10} height={100} className="fill-line/60" />}
      <path
        className="fill-bar"
        d={bars
          .map(({ height }, i) =>
            height > 0 ? `M${i * 10 + 1.5} 100v-${height}h7v${height}z` : '',
          )
          .join('')}
      />
      <path
        className="fill-edge stroke-panel [paint-order:stroke]"
        strokeWidth={2}
        vectorEffect="non-scaling-stroke"
        d={bars
          .map(({ beforeHeight }, i) =>
            beforeHeight > 0 ? `M${i * 10 + 0.5} ${(99.5 - beforeHeight).toFixed(1)}h9v1h-9z` : '',
          )
          .join('')}
      />
    </svg>
  )
}

function Tooltip({ bar, position }: { bar: DayBar; position: number }) {
  return (
    <div
      className="pointer-events-none absolute -top-2 z-10 w-max rounded-md border border-line bg-raised px-3 py-2 text-xs shadow-float"
      style={{ left: `${position * 100}%`, transform: `translate(-${position * 100}%, -100%)` }}
    >
      <p className="text-ink-faint">{bar.day}</p>
      <p className="text-sm font-semibold tabular-nums">{bar.revenue}</p>
      <p className="text-ink-soft tabular-nums">
        {bar.ordersText} · before {bar.before}
      </p>
    </div>
  )
}

function DayTable({ bars }: { bars: DayBar[] }) {
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
          {bars.map(({ day, revenue, orders, before }) => (
            <tr key={day}>
              <th scope="row">{day}</th>
              <td>{revenue}</td>
              <td>{orders}</td>
              <td>{before}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
