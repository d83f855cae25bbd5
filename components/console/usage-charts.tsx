import { formatDuration } from '#components/console/format-time'
import { formatCount, formatDateTime, type Formats } from '#components/formats'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import type { HourUsage } from '#db/operators/usage-report'

const hourMs = 3_600_000
export const chartHours = 24

type Bar = { at: Date; value: number }

/** A tenant's usage by hour. Numbers arrive about ten seconds after a request. */
export function UsageCharts({
  hours,
  since,
  formats,
}: {
  hours: HourUsage[]
  since: Date
  formats: Formats
}) {
  const known = new Map(hours.map((one) => [one.hour.getTime(), one]))
  const bars = (value: (one: HourUsage) => number): Bar[] =>
    Array.from({ length: chartHours }, (_, i) => new Date(since.getTime() + i * hourMs)).map(
      (at) => ({
        at,
        value: known.has(at.getTime()) ? value(known.get(at.getTime()) as HourUsage) : 0,
      }),
    )
  const sum = (value: (one: HourUsage) => number) =>
    hours.reduce((total, one) => total + value(one), 0)
  return (
    <Card labelledBy="usage">
      <CardHeader id="usage" title="Use in the last day">
        <span className="text-sm text-ink-soft tabular-nums">
          Errors:{' '}
          {formatCount(
            sum(({ errors }) => errors),
            formats,
          )}
          , limits hit:{' '}
          {formatCount(
            sum(({ limitsHit }) => limitsHit),
            formats,
          )}
        </span>
      </CardHeader>
      <CardBody className="grid gap-6 sm:grid-cols-2">
        <HourChart
          name="Requests"
          bars={bars(({ requests }) => requests)}
          format={(value) => formatCount(value, formats)}
          formats={formats}
        />
        <HourChart
          name="Database time"
          bars={bars(({ databaseMs }) => databaseMs)}
          format={formatDuration}
          formats={formats}
        />
      </CardBody>
    </Card>
  )
}

function HourChart({
  name,
  bars,
  format,
  formats,
}: {
  name: string
  bars: Bar[]
  format: (value: number) => string
  formats: Formats
}) {
  const top = bars.reduce((most, bar) => (bar.value > most.value ? bar : most))
  const all = format(bars.reduce((sum, { value }) => sum + value, 0))
  const most =
    top.value === 0
      ? 'nothing yet'
      : `at most ${format(top.value)} in an hour, ${formatDateTime(top.at, formats)}`
  return (
    <figure className="min-w-0">
      <figcaption className="flex items-baseline justify-between gap-2">
        <span className="text-sm text-ink-soft">{name}</span>
        <span className="text-lg font-semibold tabular-nums">{all}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${bars.length} 40`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name} by hour: ${all} in all, ${most}`}
        className="mt-2 h-20 w-full border-b border-line-strong"
      >
        {bars.map(({ at, value }, i) => (
          <rect
            key={at.getTime()}
            x={i + 0.1}
            width={0.8}
            y={40 - height(value, top.value)}
            height={height(value, top.value)}
            className="fill-bar"
          >
            <title>{`${formatDateTime(at, formats)}: ${format(value)}`}</title>
          </rect>
        ))}
      </svg>
      <p aria-hidden className="mt-1.5 text-sm text-ink-faint first-letter:uppercase tabular-nums">
        {most}
      </p>
    </figure>
  )
}

/** At least one unit high, so that small usage is visible. */
const height = (value: number, most: number) => (value === 0 ? 0 : Math.max(1, (value / most) * 40))
