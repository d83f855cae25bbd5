import type { Route } from 'next'
import type { HrefBuilder } from '#components/ui/href-builder'
import { parseCursor, type Cursor } from '@rowhouse/tenancy'

/** The query of a page, as Next passes it. */
export type SearchParams = Record<string, string | string[] | undefined>

/** The state of a list page, read from its query. Unknown or malformed values are ignored. */
export type ListParams = {
  q: string
  cursor: Cursor | null
  /** The value of a parameter, or null unless it is one of `values`. */
  pick: <T extends string>(name: string, values: readonly T[]) => T | null
  link: HrefBuilder
  /** The other parameters, as name and value, for the hidden fields of a form that sets `names`. */
  keepParams: (...names: string[]) => [string, string][]
}

/**
 * @param path - The page's own path, for its links.
 * @param query - The page's query.
 */
export function parseListParams(path: Route, query: SearchParams): ListParams {
  const params = ownParams(query)
  return {
    q: cleanSearch(lastValue(params.q)),
    cursor: cursorFrom(params),
    pick: (name, values) => values.find((value) => value === lastValue(params[name])) ?? null,
    link: (changes) => hrefWith(path, params, changes),
    keepParams: (...names) => paramsWithout(params, names),
  }
}

/**
 * Drops values that are not text: for a name such as `?hasOwnProperty=` Next adds the inherited
 * function to the values.
 */
export const ownParams = (query: SearchParams): SearchParams =>
  Object.fromEntries(
    Object.entries(query)
      .map(([key, value]) => [
        key,
        Array.isArray(value) ? value.filter((text) => typeof text === 'string') : value,
      ])
      .filter(([, value]) => typeof value !== 'function'),
  )

export const lastValue = (value: string | string[] | undefined) =>
  Array.isArray(value) ? value.at(-1) : value

/** Cuts a search to 100 characters, and removes NUL, which PostgreSQL's text type cannot contain. */
export const cleanSearch = (text: string | null | undefined): string =>
  (text ?? '').replaceAll('\0', '').trim().slice(0, 100)

export const cursorFrom = (params: SearchParams): Cursor | null =>
  parseCursor(lastValue(params.after), false) ?? parseCursor(lastValue(params.before), true)

/** All parameters but `names` and the cursor. */
export const paramsWithout = (params: SearchParams, names: string[]): [string, string][] =>
  Object.entries(params)
    .filter(([key]) => ![...names, 'after', 'before'].includes(key))
    .flatMap(([key, value]) => [value ?? []].flat().map((text): [string, string] => [key, text]))

/**
 * The address with some parameters changed; null removes one. Unless a change sets the cursor, the
 * address leads to the first page.
 */
export function hrefWith(
  path: string,
  params: SearchParams,
  changes: Record<string, string | null>,
): Route {
  const next = new URLSearchParams()
  const merged = { ...params, after: undefined, before: undefined, ...changes }
  for (const [key, value] of Object.entries(merged))
    for (const text of [value ?? []].flat()) if (text !== '') next.append(key, text)
  return (next.size > 0 ? `${path}?${next.toString()}` : path) as Route
}
