import { Invalid } from '@rowhouse/tenancy'
import { parseMinor } from '#db/money'

/**
 * Minor units of what was typed into `field`, or the reason why it is no amount of this currency.
 */
export function parseAmount(typed: string, currency: string, field: string): number {
  const parsed = parseMinor(typed, currency)
  if (!parsed.ok) throw new Invalid(field, parsed.message)
  return parsed.minor
}
