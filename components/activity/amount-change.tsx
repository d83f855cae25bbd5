import { formatMoney, type Formats } from '#components/formats'

/**
 * @param change - A change as the activity trail stores it: `{ from, to }` in minor units.
 * @returns Both amounts in words, or null unless the amount has changed.
 */
export function formatAmountChange(change: unknown, formats: Formats): string | null {
  if (typeof change !== 'object' || change === null || !('from' in change) || !('to' in change))
    return null
  const { from, to } = change
  if (typeof from !== 'number' || typeof to !== 'number' || from === to) return null
  return `${formatMoney(from, formats)} to ${formatMoney(to, formats)}`
}
