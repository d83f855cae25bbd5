import { decimalText } from '#db/money'

/** How this viewer reads money and time: the tenant's locale and currency, the viewer's own time zone. */
export type Formats = { locale: string; currency: string; zone: string }

export function money(minor: number, { locale, currency }: Formats, notation: 'standard' | 'compact' = 'standard') {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency, notation, ...(notation === 'compact' && { maximumFractionDigits: 1 }) })
  // a string, not a float: Intl keeps every digit of it
  return format.format(decimalText(minor, currency) as `${number}`)
}

export const typed = (minor: number, { currency }: Formats) => decimalText(minor, currency)

export const count = (value: number, { locale }: Formats) => new Intl.NumberFormat(locale).format(value)

export const day = (at: Date, { locale, zone }: Formats) =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: zone }).format(at)

export const moment = (at: Date, { locale, zone }: Formats) =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: zone }).format(at)

/** A calendar day such as 2026-11-23, which belongs to no time zone. */
export const calendarDay = (date: string, { locale }: Formats, style: 'short' | 'long' = 'short') =>
  new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC', ...(style === 'long' && { weekday: 'short', year: 'numeric' }) }).format(new Date(`${date}T00:00:00Z`))

export function change(now: number, before: number, { locale }: Formats) {
  if (before === 0) return null
  return new Intl.NumberFormat(locale, { style: 'percent', signDisplay: 'exceptZero', maximumFractionDigits: 0 }).format((now - before) / before)
}
