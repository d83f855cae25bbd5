import { Invalid } from '@rowhouse/tenancy'
import { parseMinor } from '#db/money'

/**
 * @param typed - The amount as the user typed it, such as `12.34`.
 * @param currency - Its ISO 4217 code, which decides the number of decimals.
 * @param field - The form's field, for the error.
 * @returns The amount in minor units.
 * @throws Invalid when the text is not an amount of this currency.
 */
export function parseAmount(typed: string, currency: string, field: string): number {
  const parsed = parseMinor(typed, currency)
  if (!parsed.ok) throw new Invalid(field, parsed.message)
  return parsed.minor
}
