/** Spreadsheets run text that starts like this as a formula; a leading apostrophe prevents that. */
const formula = /^[\s]*[=+\-@\t\r\n]/

/** Quotes a field where necessary, and prevents formulas. */
export function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = formula.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export const csvLine = (values: (string | number)[]): string =>
  `${values.map(csvField).join(',')}\r\n`
