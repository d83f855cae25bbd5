import { decimalText } from '#db/money'

/** The tenant's locale and currency, and the viewer's own time zone. */
export type Formats = { locale: string; currency: string; zone: string }

// Creating a formatter takes fifty times as long as using it, and a page has hundreds of numbers.
const numbers = memoized(
  (locale, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options),
)
const dates = memoized(
  (locale, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options),
)

function memoized<Options, Format>(make: (locale: string, options: Options) => Format) {
  const made = new Map<string, Format>()
  return (locale: string, options: Options): Format => {
    const key = locale + JSON.stringify(options)
    const known = made.get(key) ?? make(locale, options)
    made.set(key, known)
    return known
  }
}

export function formatMoney(
  minor: number,
  { locale, currency }: Formats,
  notation: 'standard' | 'compact' = 'standard',
) {
  const format = numbers(locale, {
    style: 'currency',
    currency,
    notation,
    ...(notation === 'compact' && { maximumFractionDigits: 1 }),
  })
  // as a string, because a float would lose digits of large amounts
  return format.format(decimalText(minor, currency) as `${number}`)
}

export const formatCount = (value: number, { locale }: Formats) => numbers(locale, {}).format(value)

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** Bytes in the largest fitting unit, with three significant digits. */
export function formatBytes(value: number, { locale }: Formats) {
  const power = Math.min(
    units.length - 1,
    Math.max(0, Math.floor(Math.log10(Math.max(value, 1)) / 3)),
  )
  return numbers(locale, {
    style: 'unit',
    unit: units[power] ?? 'byte',
    maximumSignificantDigits: 3,
  }).format(value / 1000 ** power)
}

export const formatDate = (at: Date, { locale, zone }: Formats) =>
  dates(locale, { dateStyle: 'medium', timeZone: zone }).format(at)

export const formatDateTime = (at: Date, { locale, zone }: Formats) =>
  dates(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: zone }).format(at)

/** A calendar date such as `2026-11-23`, which has no time zone. */
export const formatCalendarDate = (
  date: string,
  { locale }: Formats,
  style: 'short' | 'long' = 'short',
) =>
  dates(locale, {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
    ...(style === 'long' && { weekday: 'short', year: 'numeric' }),
  }).format(new Date(`${date}T00:00:00Z`))

export function formatChange(now: number, before: number, { locale }: Formats) {
  if (before === 0) return null
  return numbers(locale, {
    style: 'percent',
    signDisplay: 'exceptZero',
    maximumFractionDigits: 0,
  }).format((now - before) / before)
}
