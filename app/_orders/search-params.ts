import type { Route } from 'next'
import { textsOf } from '#app/list-address'
import { periodOf, type Period } from '#db/product/period'
import { isId } from '#db/id'
import { parseCursor } from '#db/product/keyset'
import { parseMinor } from '#db/product/money'
import { sorts, type OrderFilter, type OrderView, type Sort } from '#db/product/order-list'
import { openStatuses, orderStatuses } from '#db/product/order-status'
import type { OrderStatus } from '#db/schema/tenant'

export const columns = [
  'placed',
  'customer',
  'lines',
  'note',
  'updated',
  'status',
  'total',
] as const
export type Column = (typeof columns)[number]
const usualColumns: Column[] = ['placed', 'customer', 'lines', 'status', 'total']
export const sizes = [25, 50, 100] as const

type Given = Record<string, string | string[] | undefined>
export type ListAddress = {
  given: Given
  q: string
  statuses: OrderStatus[]
  tab: string
  period: Period
  /** A search or a customer is looked up in all time, unless a period was asked for. */
  allTime: boolean
  columns: Column[]
  filter: OrderFilter
  view: OrderView
  /** What a form that sets `names` has to carry along, as name and value. */
  kept: (...names: string[]) => [string, string][]
}

const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value.at(-1) : value)
const many = (value: string | string[] | undefined) =>
  [value ?? []].flat().flatMap((text) => text.split(','))
const isOneOf = <T extends string>(all: readonly T[], text: string | undefined): text is T =>
  all.some((one) => one === text)

/**
 * Reads the whole state of the list out of its address. What is not understood is left out; nothing
 * in an address is an error.
 */
export function readAddress(
  raw: Given,
  formats: { zone: string; currency: string },
  rememberedSize: number,
): ListAddress {
  const given = textsOf(raw)
  const q = (one(given.q) ?? '').replaceAll('\0', '').trim().slice(0, 100)
  const asked = many(given.status)
  const statuses = asked.includes('open')
    ? [...openStatuses]
    : orderStatuses.filter((status) => asked.includes(status))
  const period = periodOf(
    { period: one(given.period), from: one(given.from), to: one(given.to) },
    formats.zone,
  )
  const customer = one(given.customer)
  const allTime = (q !== '' || customer !== undefined) && !given.period && !given.from && !given.to
  const sortText = one(given.sort) ?? '-placed'
  const sortName = sortText.replace(/^-/, '')
  const shown = columns.filter((column) => many(given.columns).includes(column))
  const amount = (text: string | undefined) => {
    const parsed = text ? parseMinor(text, formats.currency) : undefined
    return parsed?.ok ? parsed.minor : null
  }
  return {
    given,
    q,
    statuses,
    period,
    allTime,
    tab: asked.includes('open')
      ? 'open'
      : statuses.length === 1
        ? (statuses[0] ?? '')
        : statuses.length > 1
          ? 'several'
          : '',
    columns: shown.length > 0 ? shown : usualColumns,
    filter: {
      search: q,
      statuses,
      // an id that cannot be one finds nothing, as an unknown one does
      customerId:
        customer === undefined
          ? null
          : isId(customer)
            ? customer
            : '00000000-0000-0000-0000-000000000000',
      from: allTime ? null : period.span.from,
      until: allTime ? null : period.span.until,
      leastMinor: amount(one(given.min)),
      mostMinor: amount(one(given.max)),
    },
    view: {
      sort: isOneOf<Sort>(sorts, sortName) ? sortName : 'placed',
      descending: sortText.startsWith('-'),
      size: sizes.find((size) => String(size) === one(given.rows)) ?? rememberedSize,
      cursor: parseCursor(one(given.after), false) ?? parseCursor(one(given.before), true),
    },
    kept: (...names) =>
      Object.entries(given)
        .filter(([key]) => ![...names, 'after', 'before'].includes(key))
        .flatMap(([key, value]) =>
          [value ?? []].flat().map((text): [string, string] => [key, text]),
        ),
  }
}

/**
 * The address with some things changed; null leaves one out. Any change but of the page itself
 * starts at the first page.
 */
export function changed(
  given: Given,
  changes: Record<string, string | null>,
  path = '/orders',
): Route {
  const next = new URLSearchParams()
  for (const [key, value] of Object.entries({
    ...given,
    after: undefined,
    before: undefined,
    ...changes,
  })) {
    for (const text of [value ?? []].flat()) if (text !== '') next.append(key, text)
  }
  const query = next.toString()
  return (query ? `${path}?${query}` : path) as Route
}
