import type { Route } from 'next'
import { textParams } from '#app/_http/list-search-params'
import type { HrefBuilder } from '#components/ui/href-builder'
import { parseCursor, type Cursor } from '@rowhouse/tenancy'

export type SearchParams = Record<string, string | string[] | undefined>
type ConsoleListParams = {
  q: string
  cursor: Cursor | null
  link: HrefBuilder
  keepParams: (...names: string[]) => [string, string][]
  pick: <T extends string>(name: string, all: readonly T[]) => T | null
}

const one = (value: string | string[] | undefined) =>
  (Array.isArray(value) ? value.at(-1) : value) ?? ''

/**
 * The state of a console list, read out of its address. What is not understood is left out; nothing
 * in an address is an error.
 */
export function parseConsoleListParams(path: string, asked: SearchParams): ConsoleListParams {
  const given = textParams(asked)
  const keepParams = (...names: string[]) =>
    Object.entries(given)
      .filter(([key]) => ![...names, 'after', 'before'].includes(key))
      .map(([key, value]): [string, string] => [key, one(value)])
  return {
    q: one(given.q).replaceAll('\0', '').trim().slice(0, 100),
    cursor: parseCursor(one(given.after), false) ?? parseCursor(one(given.before), true),
    keepParams,
    pick: (name, all) => all.find((known) => known === one(given[name])) ?? null,
    link: (changes) => {
      const next = new URLSearchParams(
        keepParams(...Object.keys(changes)).filter(([, value]) => value !== ''),
      )
      for (const [key, value] of Object.entries(changes))
        if (value !== null && value !== '') next.set(key, value)
      return (next.size > 0 ? `${path}?${next.toString()}` : path) as Route
    },
  }
}
