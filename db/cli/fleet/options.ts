import type { CommandInput } from '#db/cli/commands'
import { UsageError } from '#db/cli/usage-error'

type Values = CommandInput['values']

/** Reads an option with a value; undefined when it is not given. */
export function textOption(values: Values, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

/**
 * Reads a positive whole number.
 *
 * @throws UsageError
 */
export function numberOption(values: Values, name: string, max = 999_999_999): number | undefined {
  const value = textOption(values, name)
  if (value === undefined) return undefined
  if (!/^[1-9][0-9]{0,8}$/.test(value) || Number(value) > max)
    throw new UsageError(
      `--${name} takes a whole number from 1 to ${max}, not ${JSON.stringify(value)}`,
    )
  return Number(value)
}

/**
 * Reads percentages separated by commas.
 *
 * @throws UsageError
 */
export function percentOption(values: Values, name: string): number[] | undefined {
  const parts = listOption(values, name)?.map(Number)
  if (parts?.some((part) => !(part > 0 && part <= 100)))
    throw new UsageError(
      `--${name} takes percentages such as 10,50, not ${JSON.stringify(values[name])}`,
    )
  return parts
}

/** Reads names separated by commas. */
export const listOption = (values: Values, name: string): string[] | undefined =>
  textOption(values, name)
    ?.split(',')
    .map((part) => part.trim())
    .filter(Boolean)
