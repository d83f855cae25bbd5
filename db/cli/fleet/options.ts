import type { CommandInput } from '#db/cli/commands'
import { UsageError } from '#db/cli/usage-error'

type Values = CommandInput['values']

export function word(values: Values, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

/**
 * Reads a whole number above zero.
 *
 * @throws UsageError
 */
export function number(values: Values, name: string, most = 999_999_999): number | undefined {
  const value = word(values, name)
  if (value === undefined) return undefined
  if (!/^[1-9][0-9]{0,8}$/.test(value) || Number(value) > most)
    throw new UsageError(
      `--${name} takes a whole number from 1 to ${most}, not ${JSON.stringify(value)}`,
    )
  return Number(value)
}

/**
 * Reads percentages, separated by commas.
 *
 * @throws UsageError
 */
export function percents(values: Values, name: string): number[] | undefined {
  const parts = list(values, name)?.map(Number)
  if (parts?.some((part) => !(part > 0 && part <= 100)))
    throw new UsageError(
      `--${name} takes percentages such as 10,50, not ${JSON.stringify(values[name])}`,
    )
  return parts
}

/** Reads names, separated by commas. */
export const list = (values: Values, name: string): string[] | undefined =>
  word(values, name)
    ?.split(',')
    .map((part) => part.trim())
    .filter(Boolean)
