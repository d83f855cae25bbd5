import type { Route } from 'next'
import { textsOf } from '#app/list-address'
import type { Link } from '#components/ui/link-maker'
import { parseCursor, type Cursor } from '#db/product/keyset'

export type Given = Record<string, string | string[] | undefined>
type ConsoleAddress = {
  q: string
  cursor: Cursor | null
  link: Link
  kept: (...names: string[]) => [string, string][]
  pick: <T extends string>(name: string, all: readonly T[]) => T | null
}

const one = (value: string | string[] | undefined) =>
  (Array.isArray(value) ? value.at(-1) : value) ?? ''

/**
 * The state of a console list, read out of its address. What is not understood is left out; nothing
 * in an address is an error.
 */
export function readConsoleAddress(path: string, asked: Given): ConsoleAddress {
  const given = textsOf(asked)
  const kept = (...names: string[]) =>
    Object.entries(given)
      .filter(([key]) => ![...names, 'after', 'before'].includes(key))
      .map(([key, value]): [string, string] => [key, one(value)])
  return {
    q: one(given.q).replaceAll('\0', '').trim().slice(0, 100),
    cursor: parseCursor(one(given.after), false) ?? parseCursor(one(given.before), true),
    kept,
    pick: (name, all) => all.find((known) => known === one(given[name])) ?? null,
    link: (changes) => {
      const next = new URLSearchParams(
        kept(...Object.keys(changes)).filter(([, value]) => value !== ''),
      )
      for (const [key, value] of Object.entries(changes))
        if (value !== null && value !== '') next.set(key, value)
      return (next.size > 0 ? `${path}?${next.toString()}` : path) as Route
    },
  }
}
