const digits = new Map<string, number>()

/**
 * How many decimals a currency has: 2 for EUR, 0 for JPY, 3 for KWD. Asked for each amount on a
 * page, so that it is remembered.
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

export const mostMinor = 100_000_000_000

export type Parsed = { ok: true; minor: number } | { ok: false; message: string }

/**
 * Reads what a person typed, such as "12.34" or "12,34", into minor units without ever making a
 * float of it.
 */
export function parseMinor(text: string, currency: string): Parsed {
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
  if (minor > mostMinor) return { ok: false, message: 'This amount is too large.' }
  return { ok: true, minor }
}

/** 1234 → "12.34", as a person types it. */
export function decimalText(minor: number, currency: string): string {
  const digits = digitsOf(currency)
  if (digits === 0) return String(minor)
  const text = String(Math.abs(minor)).padStart(digits + 1, '0')
  return `${minor < 0 ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`
}
