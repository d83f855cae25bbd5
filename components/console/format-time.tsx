import { formatDateTime, type Formats } from '#components/formats'

/** A duration in the unit that fits it, such as `1.5 s` or `2 min 5 s`. */
export function formatDuration(ms: number) {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
  return `${Math.floor(ms / 3_600_000)} h ${Math.round((ms % 3_600_000) / 60_000)} min`
}

const steps: [number, Intl.RelativeTimeFormatUnit][] = [
  [60, 'second'],
  [3600, 'minute'],
  [86_400, 'hour'],
  [86_400 * 30, 'day'],
  [86_400 * 365, 'month'],
  [Infinity, 'year'],
]
const lengths: Record<string, number> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  month: 86_400 * 30,
  year: 86_400 * 365,
}

export function formatRelativeTime(at: Date, now = Date.now()) {
  const seconds = (at.getTime() - now) / 1000
  const [, unit] = steps.find(([most]) => Math.abs(seconds) < most) ?? [0, 'year' as const]
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(
    Math.round(seconds / (lengths[unit] ?? 1)),
    unit,
  )
}

export function RelativeTime({ at, formats }: { at: Date; formats: Formats }) {
  return (
    <time
      dateTime={at.toISOString()}
      title={formatDateTime(at, formats)}
      className="whitespace-nowrap"
      suppressHydrationWarning
    >
      {formatRelativeTime(at)}
    </time>
  )
}
