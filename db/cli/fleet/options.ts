import type { Given } from '#db/cli/commands'
import { UsageError } from '#db/cli/usage'

type Values = Given['values']

export function word(values: Values, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

/** A whole number above zero. Throws UsageError for anything else. */
export function number(values: Values, name: string): number | undefined {
  const value = word(values, name)
  if (value === undefined) return undefined
  if (!/^[1-9][0-9]{0,8}$/.test(value)) throw new UsageError(`--${name} takes a whole number above 0, not ${JSON.stringify(value)}`)
  return Number(value)
}

/** Names with commas between them. */
export const list = (values: Values, name: string): string[] | undefined =>
  word(values, name)?.split(',').map((part) => part.trim()).filter(Boolean)
