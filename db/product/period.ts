import type { DateRange } from '#db/product/order-metrics'

export const periods = { '7d': 7, '30d': 30, '90d': 90, '12m': 365 } as const
export type PeriodName = keyof typeof periods | 'custom'

/** A period of whole days in the viewer's time zone, and the period of equal length before it. */
export type Period = {
  name: PeriodName
  first: string
  last: string
  dates: string[]
  span: DateRange
  before: DateRange
  both: DateRange
}

const dayMs = 86_400_000
const maxDays = 731
// between these, JavaScript and PostgreSQL format dates alike
const [earliest, latest] = ['1900-01-01', '2199-12-31'] as const
const clamp = (date: string) => (date < earliest ? earliest : date > latest ? latest : date)
const isDate = (text: string | undefined): text is string =>
  /^\d{4}-\d{2}-\d{2}$/.test(text ?? '') && !Number.isNaN(Date.parse(`${text}T00:00:00Z`))
const addDays = (date: string, days: number) =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10)

/** Reads a period from query parameters. Invalid ones mean the last 30 days. */
export function periodOf(
  given: { period?: string | undefined; from?: string | undefined; to?: string | undefined },
  zone: string,
  now = new Date(),
): Period {
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(now)
  if (isDate(given.from) || isDate(given.to)) {
    const last = isDate(given.to) ? clamp(given.to) : today
    const first = isDate(given.from) ? clamp(given.from) : last
    return first <= last ? period('custom', first, last, zone) : period('custom', last, first, zone)
  }
  const name =
    given.period !== undefined && given.period in periods
      ? (given.period as keyof typeof periods)
      : '30d'
  return period(name, addDays(today, 1 - periods[name]), today, zone)
}

function period(name: PeriodName, requestedFirst: string, last: string, zone: string): Period {
  const first =
    requestedFirst < addDays(last, 1 - maxDays) ? addDays(last, 1 - maxDays) : requestedFirst
  const days = Math.round((Date.parse(last) - Date.parse(first)) / dayMs) + 1
  const [start, end, earlier] = [
    midnight(first, zone),
    midnight(addDays(last, 1), zone),
    midnight(addDays(first, -days), zone),
  ]
  return {
    name,
    first,
    last,
    dates: Array.from({ length: days }, (_, i) => addDays(first, i)),
    span: { from: start, until: end },
    before: { from: earlier, until: start },
    both: { from: earlier, until: end },
  }
}

export const datesBefore = ({ first, dates }: Period): string[] =>
  dates.map((_, i) => addDays(first, i - dates.length))

/** The start of a day in a time zone. The second offset corrects for a change to or from DST. */
function midnight(date: string, zone: string): Date {
  const utc = Date.parse(`${date}T00:00:00Z`)
  const guess = utc - offset(utc, zone)
  return new Date(utc - offset(guess, zone))
}

const clocks = new Map<string, Intl.DateTimeFormat>()

function offset(at: number, zone: string): number {
  const clock =
    clocks.get(zone) ??
    new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
  clocks.set(zone, clock)
  const parts = clock.formatToParts(at)
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value)
  return (
    Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    ) -
    Math.floor(at / 1000) * 1000
  )
}
