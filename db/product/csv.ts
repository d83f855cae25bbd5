/**
 * Spreadsheets run text that starts like this as a formula, also in full-width characters; a leading
 * apostrophe prevents that. Some split lines at semicolons or tabs, so a formula may follow one.
 */
const formula = /^(?=\s*[=+\-@＝＋－＠\t\r\n])/
const formulaInside = /(?<=[;\t|])(?=\s*[=+\-@＝＋－＠])/g

/** Quotes a field where necessary, and prevents formulas. */
export function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = value.replace(formula, "'").replaceAll(formulaInside, "'")
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export const csvLine = (values: (string | number)[]): string =>
  `${values.map(csvField).join(',')}\r\n`
