const digits = new Map<string, number>()

/**
 * How many decimals a currency has: 2 for EUR, 0 for JPY, 3 for KWD. Cached, because every amount on
 * a page needs it.
 */
export function digitsOf(currency: string): number {
  const known =
    digits.get(currency) ??
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
      .maximumFractionDigits ??
    2
  digits.set(currency, known)
  return known
}

/** The largest amount, in minor units. */
export const maxMinor = 100_000_000_000

export type ParsedAmount = { ok: true; minor: number } | { ok: false; message: string }

/** Parses a typed amount, such as "12.34" or "12,34", into minor units, without using floats. */
export function parseMinor(text: string, currency: string): ParsedAmount {
  const digits = digitsOf(currency)
  const example = digits === 0 ? '12' : `12.${'34567'.slice(0, digits)}`
  const parts = /^(-?)(\d{1,15})(?:[.,](\d+))?$/.exec(text.replaceAll(/[\s' ]/g, ''))
  if (!parts) return { ok: false, message: `Type an amount such as ${example}.` }
  const [, sign, whole = '', fraction = ''] = parts
  if (sign) return { ok: false, message: 'An amount cannot be below zero.' }
  if (fraction.length > digits) {
    return {
      ok: false,
      message:
        digits === 0
          ? `${currency} has no decimals; type an amount such as ${example}.`
          : `${currency} has ${digits} decimals; type an amount such as ${example}.`,
    }
  }
  const minor = Number(whole + fraction.padEnd(digits, '0'))
  if (minor > maxMinor) return { ok: false, message: 'This amount is too large.' }
  return { ok: true, minor }
}

/** Formats minor units for a text field: 1234 becomes "12.34". */
export function decimalText(minor: number, currency: string): string {
  const digits = digitsOf(currency)
  if (digits === 0) return String(minor)
  const text = String(Math.abs(minor)).padStart(digits + 1, '0')
  return `${minor < 0 ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`
}
