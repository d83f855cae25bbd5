import type { Route } from 'next'
import { parseCursor, type Cursor } from '@rowhouse/tenancy'

type SearchParams = Record<string, string | string[] | undefined>
export type ListParams = {
  q: string
  archived: boolean
  cursor: Cursor | null
  link: (changes: Record<string, string | null>) => Route
  keepParams: (...names: string[]) => [string, string][]
}

/**
 * What stands in an address: for a name that every object knows (`?hasOwnProperty=`) Next adds that
 * function to the values.
 */
export const textParams = (given: SearchParams): SearchParams =>
  Object.fromEntries(
    Object.entries(given)
      .map(([key, value]) => [
        key,
        Array.isArray(value) ? value.filter((text) => typeof text === 'string') : value,
      ])
      .filter(([, value]) => typeof value !== 'function'),
  )

const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value.at(-1) : value)

/** The state of a plain list, read out of its address. */
export function parseListParams(path: Route, asked: SearchParams): ListParams {
  const given = textParams(asked)
  const keepParams = (...names: string[]) =>
    Object.entries(given)
      .filter(([key]) => ![...names, 'after', 'before'].includes(key))
      .map(([key, value]): [string, string] => [key, one(value) ?? ''])
  return {
    q: (one(given.q) ?? '').replaceAll('\0', '').trim().slice(0, 100),
    archived: one(given.archived) === 'yes',
    cursor: parseCursor(one(given.after), false) ?? parseCursor(one(given.before), true),
    keepParams,
    link: (changes) => {
      const next = new URLSearchParams(keepParams(...Object.keys(changes)))
      for (const [key, value] of Object.entries(changes))
        if (value !== null && value !== '') next.set(key, value)
      return (next.size > 0 ? `${path}?${next.toString()}` : path) as Route
    },
  }
}
